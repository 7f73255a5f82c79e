#!/bin/sh
# run.sh BUILD SECONDS JOBS FUZZER...: run each fuzzer for SECONDS, JOBS of them at a time (one.sh). What did a failure is left in
# BUILD/fuzz, the log beside it. New inputs go to BUILD/fuzz/corpus-NAME; the seeds in tests/fuzz/corpus/NAME are only read.
set -u
dir=$1 seconds=$2 jobs=$3
shift 3
[ $# -gt 0 ] || { echo "fuzz: no fuzzers" >&2; exit 1; }
for f in "$@"; do rm -f "$dir/fuzz/$f.status"; done
printf '%s\n' "$@" | xargs -P "$jobs" -I '{}' sh "$(dirname "$0")/one.sh" "$dir" "$seconds" '{}'
passed=0 failed=0 out=
for f in "$@"; do
    case $(cat "$dir/fuzz/$f.status" 2>/dev/null) in
        passed) passed=$((passed + 1)) ;;
        left-out) out="$out $f" ;;
        *) failed=$((failed + 1)) ;;
    esac
done
[ -z "$out" ] || echo "left out:$out"
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
