#!/bin/sh
# check-diff.sh BUILD: the software CPU against a true KVM, in every mode (paging and virtual-8086 mode too), and the CPU test programs on
# that KVM. In the nested rig the processor is QEMU's: what QEMU gets wrong is in tests/diff/excuse.c, by name and with the reason.
# The cases follow from their numbers alone. (QEMU itself ends with an internal error at a few others.)
set -u
status=0
"$1/tests/difftest" --pair soft,kvm --n "${DIFF_CASES:-15000}" --quiet || status=1
exit $status
