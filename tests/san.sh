#!/bin/sh
# san.sh asan|tsan COMMAND...: run the command with the sanitizer's reports collected in build/KIND/reports; fails if there is one.
set -u
kind=$1
shift
reports=$(pwd)/build/$kind/reports
rm -rf "$reports"
mkdir -p "$reports"
# Slow unwinding sees through libraries without frame pointers; the suppressions need the names.
export ASAN_OPTIONS="fast_unwind_on_malloc=0:log_path='$reports/asan':detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
export UBSAN_OPTIONS="log_path='$reports/ubsan':print_stacktrace=1"
export TSAN_OPTIONS="log_path='$reports/tsan':second_deadlock_stack=1"
export LSAN_OPTIONS="report_objects=1:print_suppressions=0:suppressions='$(pwd)/tests/lsan.supp'"
# The sanitizers' shadow memory collides with the wide address randomization of some kernels: switch it off where that is allowed.
if setarch -R true 2>/dev/null; then
    set -- setarch -R "$@"
fi
"$@"
status=$?
for r in "$reports"/*; do
    [ -e "$r" ] || continue
    echo "--- $r" >&2
    cat "$r" >&2
    status=1
done
[ "$status" = 0 ] && echo "$kind: no reports"
exit "$status"
