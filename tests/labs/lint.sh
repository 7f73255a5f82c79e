#!/bin/bash
# lint.sh PROGRAM LABS: every lab is whole, its solution has all points, its starter none.
vmlab=$(realpath "$1")
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
export XDG_STATE_HOME="$top" HOME="$top"
n=0 bad=0
for dir in "$2"/*/; do
    n=$((n + 1))
    ("$vmlab" lab lint "$dir" >"$top/$n" 2>&1 </dev/null || echo failed >>"$top/$n") &
    [ "$n" -lt 4 ] || wait -n
done
wait
for i in $(seq $n); do grep -q ': good: ' "$top/$i" || { bad=$((bad + 1)); cat "$top/$i"; }; done
echo "labs: $((n - bad)) passed, $bad failed"
[ "$n" -ge 12 ] && [ "$bad" = 0 ]
