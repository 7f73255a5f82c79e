#!/bin/sh
# runner.sh: one.sh and run.sh tell apart what a fuzzer may come to. Made-up fuzzers end as libFuzzer ends true ones: 0 when all is well, 1
# by a sanitizer, 77 for a broken promise or a leak, 70 for a hang, 71 for memory.
set -u
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-runner.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
mkdir "$tmp/fuzz"

fuzzer() { printf '#!/bin/sh\n%s\n' "$2" >"$tmp/fuzz/fuzz_$1" && chmod +x "$tmp/fuzz/fuzz_$1"; } # fuzzer NAME SCRIPT
says() { # says STATUS TEXT FUZZER...: how a run of these ends, and what it says at last
    want=$1 text=$2
    shift 2
    sh tests/fuzz/run.sh "$tmp" 1 1 "$@" >"$tmp/out" 2>&1
    status=$?
    if [ $status = "$want" ] && [ "$(tail -n 1 "$tmp/out")" = "$text" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "fuzz runner: $*: status $status, not $want; not '$text' but:" >&2
        cat "$tmp/out" >&2
    fi
}
units='stat::number_of_executed_units: '

fuzzer good "echo '${units}12'"
fuzzer idle "echo '${units}0'"
fuzzer mute ":"
fuzzer out "echo 'left out: KVM: none'; exit 3"
fuzzer part "echo 'left out: KVM: none'; echo '${units}12'"
says 0 "fuzz: 1 passed, 0 failed" good
says 0 "fuzz: 1 passed, 0 failed" part
says 0 "fuzz: 1 passed, 0 failed" out good
says 1 "fuzz: 0 passed, 0 failed" out
says 1 "fuzz: 1 passed, 1 failed" good idle
says 1 "fuzz: 1 passed, 1 failed" good mute
says 1 "fuzz: 1 passed, 1 failed" good absent
# What a fuzzer of machines says on a host without KVM before it goes on, is no excuse for what comes then.
for status in 1 3 70 71 77 137; do
    fuzzer bad "echo 'left out: KVM: none'; echo '${units}12'; exit $status"
    says 1 "fuzz: 1 passed, 1 failed" bad good
done
echo "fuzz runner: $passed passed, $failed failed"
[ $failed = 0 ]
