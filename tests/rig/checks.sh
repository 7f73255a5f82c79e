#!/bin/sh
# checks.sh BUILD: what `make check-kvm` runs, in the nested rig or on this host: everything that depends on a KVM. First
# it makes sure that this KVM has what hardware has, so that nothing below is left out quietly. (Not asked for: hardware breakpoints.
# QEMU does not load the debug registers of a nested guest.) Other parts add a file
# tests/rig/check-NAME.sh, which is run with BUILD as its argument.
set -u
build=$1
export STRESS_DIVIDE=20 VMLAB="$build/vmlab" VMLAB_BUILD="$build" UNIT_SECONDS=600 TEST_SECONDS=300
failed=""

check() { # check NAME COMMAND...
    name=$1
    shift
    echo "=== $name"
    "$@" </dev/null || { echo "=== $name: failed (status $?)"; failed="$failed $name"; }
}

whole_kvm() {
    "$VMLAB" engines >/tmp/engines.$$ || return 1
    cat /tmp/engines.$$
    sed -n '/^kvm /,/^[^ ]/s/^ *no  *//p' /tmp/engines.$$ | grep -vE '^(exact instruction count|reports exceptions|deterministic|breakpoints|watchpoints)' >/tmp/lacks.$$
    grep -q '^kvm .*cannot be used' /tmp/engines.$$ && echo "it cannot be used" >>/tmp/lacks.$$
    lacks=$(cat /tmp/lacks.$$)
    rm -f /tmp/engines.$$ /tmp/lacks.$$
    [ -z "$lacks" ] || { echo "the checks need a whole KVM; this one lacks: $lacks" >&2; return 1; }
    echo "a whole kvm: 1 passed, 0 failed"
}

check "a whole KVM" whole_kvm
[ -z "$failed" ] || exit 1
# Those of the unit tests that run guests on every engine that there is; the others are the same everywhere.
set --
for t in core runctl reset reset_smp interrupts guest_io devices kvm_fail stress command; do
    set -- "$@" "$build/tests/unit/test_$t"
done
check "unit tests" sh tests/unit/run.sh "$build" "$@"
check "guests" "$build/tests/golden/golden" tests/golden/*.golden
for more in tests/rig/check-*.sh; do
    [ ! -e "$more" ] || check "$more" sh "$more" "$build"
done
[ -z "$failed" ] || { echo "check-kvm: failed:$failed" >&2; exit 1; }
