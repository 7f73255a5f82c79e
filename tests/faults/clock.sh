#!/bin/bash
# clock.sh BUILD: the wall clock is set back and forward while guests, labs and grading run: nothing ends early, late or never, for
# deadlines are the monotonic clock's. The RTC of a guest begins at the host's time, whatever that is.
BUILD=$1
. tests/cli/lib.sh
export XDG_STATE_HOME=$TMP/state LC_ALL=C HOME=$TMP
lib=$(mktemp -d /tmp/vmlab-clock.XXXXXX) # LD_PRELOAD takes a space for the end of a name
trap 'rm -rf "$TMP" "$lib"' EXIT
cp "$BUILD/tests/faults/jump_clock.so" "$lib/"

# Who looks at the wall clock: the date in the progress file, and the RTC.
last="who looks at the wall clock"
true_that [ "$(grep -lE 'CLOCK_REALTIME|\btime\(NULL\)|gettimeofday\(|\btime\(&' vmm/*.c vmm/*/*.c vmm/*/*/*.c tui/*.c tui/*/*.c | sort | tr '\n' ' ')" = \
            "tui/lab/progress.c vmm/dev/rtc.c " ]
# A condition variable waits by the wall clock unless told otherwise.
last="who waits by the wall clock"
for file in $(grep -lE 'pthread_cond_init\(.*NULL' vmm/*.c vmm/*/*.c tui/*.c tui/*/*.c); do
    true_that [ -z "$(grep -l 'pthread_cond_timedwait' "$file")" ] # it waits without a deadline
done

jumping() { run timeout 120 env LD_PRELOAD="$lib/jump_clock.so" "$@"; last="the clock jumps: $*"; }
if [ -n "${2:-}" ]; then
    left_out "programs under a clock that jumps: a sanitizer wants to be the first library"
else
    last="the clock jumps: date"
    true_that [ "$(LD_PRELOAD=$lib/jump_clock.so CLOCK_SET=981173106 date -u +%F)" = 2001-02-03 ] # the seam works
    jumping "$VMLAB" --headless hello counter multiplication; is_status 0; out_has 'Hello, KVM!'
    jumping "$VMLAB" --headless --timeout 1 spin; is_status 124; err_has 'stopped after 1 second ('
    jumping "$VMLAB" --headless spin -c 'run; sleep 0.3; pause; regs'; is_status 0; out_has 'real mode'
    jumping "$VMLAB" --headless --irqchip user --tick 10ms irq -c 'run; sleep 0.5; exits; quit'; is_status 0
    jumping "$VMLAB" lab 01 --headless --work "$TMP/w" -c 'disas'; out_has '1 of 4 steps'
    true_that grep -Eq '^01-one-byte 1 passed [0-9]+ [0-9]{4}-' "$XDG_STATE_HOME/vmlab/progress"
    jumping "$VMLAB" grade --seconds 50 labs/03-hypercalls/solution --lab 3; is_status 0; out_has '1 of 1 submissions complete'
    run env LD_PRELOAD="$lib/jump_clock.so" CLOCK_SET=981173106 "$VMLAB" --headless --engine soft --irqchip user pmode -c 'devices'
    out_like 'time +2001-02-03 04:05:0'
fi
finish
