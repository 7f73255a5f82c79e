#!/bin/sh
# truth.sh KERNEL-DIR BUILD: the rig tells what became of a command: its status, a machine that died before it had one, and one that never ends.
set -u
passed=0 failed=0
ends() { # ends STATUS SECONDS COMMAND
    RIG_SECONDS=$2 sh tests/rig/rig.sh "$kernel" "$build" "$3" >"$build/tests/rig.log" 2>&1
    status=$?
    if [ $status = "$1" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "rig: '$3' ended with status $status, not $1:" >&2
        tail -n 20 "$build/tests/rig.log" >&2
    fi
}
kernel=$1 build=$2
ends 7 300 'exit 7'
ends 1 300 'echo 0; echo c >/proc/sysrq-trigger; sleep 1000' # a panic
ends 124 15 'sleep 1000'
echo "rig: $passed passed, $failed failed"
[ $failed = 0 ]
