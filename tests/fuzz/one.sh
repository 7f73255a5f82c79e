#!/bin/sh
# one.sh BUILD SECONDS FUZZER: run one fuzzer and print one line about it; its status is in BUILD/fuzz/FUZZER.status: passed, failed or
# left-out. A crash, a report of a sanitizer, a leak, a hang (20 s for one input) or a fuzzer that executed nothing fails.
set -u
dir=$(cd "$1/fuzz" && pwd) seconds=$2 f=$3 # whole paths: some fuzzers work in a directory of their own
log=$dir/$f.log tmp=$dir/tmp-$f
mkdir -p "$dir/corpus-$f" "$tmp"
seeds=$(pwd)/tests/fuzz/corpus/$f words=$(pwd)/tests/fuzz/$f.dict
[ -d "$seeds" ] || seeds=
[ -f "$words" ] || words=
TMPDIR=$tmp nice -n 5 "$dir/fuzz_$f" -seed="${FUZZ_SEED:-0}" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
    ${words:+-dict="$words"} -artifact_prefix="$dir/$f-" "$dir/corpus-$f" ${seeds:+"$seeds"} </dev/null >"$log" 2>&1
status=$?
rm -rf "$tmp"
n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
features=$(sed -n 's/^#[0-9].* ft: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
without=$(sed -n '/^left out: /{p;q;}' "$log")
if [ $status = 3 ] && [ -n "$without" ] && [ -z "$n" ]; then # FUZZ_LEFT_OUT
    echo left-out >"$dir/$f.status"
    printf '  %-9s %s\n' "$f" "$without"
elif [ $status = 0 ] && [ "${n:-0}" -gt 0 ]; then
    echo passed >"$dir/$f.status"
    printf '  %-9s %9d executions %7d/s %6d features%s\n' "$f" "$n" "${rate:-0}" "${features:-0}" "${without:+; $without}"
else
    echo failed >"$dir/$f.status"
    printf '  %-9s FAILED, exit status %d after %s executions; %s ends:\n' "$f" $status "${n:-no}" "$log"
    tail -n 40 "$log"
    sed -n 's/.*Test unit written to \(.*\)/  the input that did it: \1/p' "$log"
fi
