#!/bin/bash
# captures.sh SHOOT PROGRAM LABS SCRATCH: docs/labs shows what the screen shows now.
shoot=$1 vmlab=$2 labs=$3 scratch=$4
n=0 bad=0
# 1K OS is compiled, not assembled: what stands at its addresses is the compiler's.
stable() { sed -E 's/(8000[0-9a-f]{4}) .*/\1/' "$1"; }
rm -rf "$scratch" && mkdir -p "$scratch/now" "$scratch/work" || exit 1
"$shoot" "$vmlab" "$labs" "$scratch/now" "$scratch/work" >"$scratch/log" 2>&1 || { cat "$scratch/log"; bad=1; }
for shown in "$scratch"/now/*.txt; do
    [ -e "$shown" ] || continue
    n=$((n + 1))
    diff -u <(stable "docs/labs/${shown##*/}") <(stable "$shown") || bad=$((bad + 1))
done
[ "$bad" = 0 ] || echo "docs/labs is stale: make lab-captures, look at them, commit them"
[ "$n" = "$(find docs/labs -name '*.txt' | wc -l)" ] || { echo "docs/labs holds more than the labs"; bad=$((bad + 1)); }
echo "lab captures: $((n - bad)) passed, $bad failed"
[ "$n" -ge 12 ] && [ "$bad" = 0 ]
