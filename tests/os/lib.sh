# lib.sh: what the tests of 1K OS share. VMLAB, OS (the directory of the kernels), VM_OPTIONS and WORK come from the test.
passed=0 failed=0
seconds=${TEST_SECONDS:-60}

ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "os: failed: $*" >&2
}

# run_os KERNEL [OPTION...]: boot it; stdin is typed, stdout is its console.
run_os() {
    kernel=$1
    shift
    timeout -k 10 "$seconds" "$VMLAB" --headless $VM_OPTIONS "$@" --boot paging "$OS/$kernel.bin"
}

# Without what differs from run to run or from compiler to compiler: addresses and registers in reports, states, ticks, time.
steady() {
    sed -e '/^\[kernel\]   e[as][xi] /d' -e '/^\[kernel\]   cs /d' -e 's/at eip 0x010.*/at eip PROGRAM/' \
        -e 's/it wrote to 0x010.*:/it wrote to PROGRAM:/' -e 's/it wrote to 0x013f7.*:/it wrote to BELOW-STACK:/' \
        -e '/^  Console: /d' -e '/^up [0-9.]* s, /s/[0-9.]* s/TIME s/' \
        -e 's/^\( *[0-9]* *[0-9]* \) *\(blocked\|running\|ready\|idle\) *[0-9]* /\1STATE TICKS /' \
        -e '/^without a lock/s/= [0-9]*, [0-9]* lost/= N, SOME lost/' -e '/^ *[0-9]* bin\//s/^ *[0-9]*/SIZE/'
}

# golden NAME KERNEL: what NAME.in types must print NAME.out.
golden() {
    run_os "$2" <"$HERE/$1.in" >"$WORK/out" 2>"$WORK/err"
    got=$?
    steady <"$WORK/out" >"$WORK/steady"
    if [ -n "${UPDATE:-}" ]; then
        cp "$WORK/steady" "$HERE/$1.out"
    elif [ $got = 0 ] && cmp -s "$HERE/$1.out" "$WORK/steady"; then
        ok
    else
        bad "$1 on $2 with '$VM_OPTIONS' (status $got)"
        diff "$HERE/$1.out" "$WORK/steady" >&2
        tail -n 5 "$WORK/err" >&2
    fi
}

# says WHAT TEXT: the console of the last run has this line.
says() {
    if grep -qxF -- "$2" "$WORK/out"; then
        ok
    else
        bad "$1: no line '$2' on the console"
    fi
}

finish() {
    echo "$1: $passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
