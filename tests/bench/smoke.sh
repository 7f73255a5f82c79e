#!/bin/bash
# smoke.sh BUILD: `make bench` still measures all that docs/performance.md promises: quickly, and without a look at how fast it was, for other
# programs run beside it. Left out are peers (other programs) and, where there is none, KVM. What no clock measures is held.
set -u
build=$1 passed=0 failed=0
out=$build/bench/smoke.json
check() { # check WHAT COMMAND...
    what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "bench: $what: no" >&2; fi
}
rows() { # rows PYTHON-CONDITION: the names of the rows of which it is true
    python3 -c "import json, sys
for r in json.load(open(sys.argv[1])):
    if $1: print(r['name'])" "$out"
}
check "it runs" "$build/tests/vmbench" --build "$build" --quick --no-peers --json --only dec >"$out"
check "it prints JSON" python3 -m json.tool "$out" /dev/null
kvm=1
"$build/vmlab" engines | grep -q '^kvm .*cannot be used' && kvm=
[ -n "$kvm" ] || echo "bench: left out: what is measured on KVM: it cannot be used here" >&2
# The rows of the table, but for those that compare with a peer or need another kernel than `dec`.
promised=$(sed -n '/^| promised/,/^$/s/^| \([^|]*\) | .* | [HM][A-Z]* |$/\1/p' docs/performance.md | grep -vE 'Bochs|QEMU|page')
check "the document promises something" test "$(grep -c . <<<"$promised")" -ge 8
measured=$(rows "'hold' in r and r['value'] > 0 or 'idle' in r['name']")
while read -r name; do
    case $name in
        *core\ /\ bare*) [ -n "$kvm" ] || continue ;;
        [0-9]*\ vCPUs\ on*) name=$(nproc)${name#"${name%% *}"} name=$(sed -E "s/on [0-9]+ cores \/ [0-9]+ /on $(nproc) cores \/ $(nproc) /" <<<"$name") ;;
    esac
    check "'$name' is measured" grep -qxF -- "$name" <<<"$measured"
done <<<"$promised"
check "resident memory is held" grep -q '^resident memory' <<<"$(rows "r['verdict'] == 'held'")"
check "all that was not measured needs KVM or a peer" test -z "$(rows "r['verdict'] == 'not run' and not any(w in r['name'] + r['why'] for w in ('Bochs', 'QEMU', 'KVM', 'kvm'))")"
echo "bench: $passed passed, $failed failed"
[ $failed = 0 ]
