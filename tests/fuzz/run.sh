#!/bin/sh
# run.sh BUILD SECONDS FUZZER...: run each fuzzer for its share of SECONDS. A crash, a report of a sanitizer, a leak, a hang
# (20 s for one input) or a fuzzer that executed nothing fails; the input that did it is left in BUILD/fuzz, the log beside it.
# New inputs go to BUILD/fuzz/corpus-NAME; the seeds in tests/fuzz/corpus/NAME are only read.
set -u
dir=$1/fuzz seconds=$2
shift 2
[ $# -gt 0 ] || { echo "fuzz: no fuzzers" >&2; exit 1; }
share=$((seconds / $#))
[ "$share" -gt 0 ] || share=1
passed=0 failed=0
for f in "$@"; do
    mkdir -p "$dir/corpus-$f"
    seeds=tests/fuzz/corpus/$f
    [ -d "$seeds" ] || seeds=
    log=$dir/$f.log
    "$dir/fuzz_$f" -max_total_time=$share -timeout=20 -rss_limit_mb=2048 -max_len=4096 -verbosity=1 -print_final_stats=1 \
        -artifact_prefix="$dir/$f-" "$dir/corpus-$f" ${seeds:+"$seeds"} </dev/null >"$log" 2>&1
    status=$?
    n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ $status = 0 ] && [ "${n:-0}" -gt 0 ]; then
        passed=$((passed + 1))
        printf '  %-9s %9d inputs in %d s\n' "$f" "$n" "$share"
    else
        failed=$((failed + 1))
        printf '  %-9s FAILED, exit status %d after %s inputs; %s ends:\n' "$f" $status "${n:-no}" "$log"
        tail -n 40 "$log"
    fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
