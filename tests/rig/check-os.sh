#!/bin/sh
# check-os.sh BUILD: 1K OS on a true KVM, with our own interrupt controllers and with the kernel's: the same screens.
set -u
status=0
for chip in user kernel; do
    OS_BYTES=20000 sh tests/os/run.sh "$1" --engine kvm --irqchip $chip || status=1
done
exit $status
