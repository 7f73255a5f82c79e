#!/bin/bash
# screen.sh DRIVER PROGRAM LABS: every lab from start to end on the real screen, four at a time. LABS_NOT: one to leave out (mk/san.mk
# says why); it is counted as not run.
driver=$(realpath "$1") vmlab=$(realpath "$2")
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
n=0 bad=0 left=0
for lab in "$3"/*/; do
    [ "$(basename "$lab")" != "${LABS_NOT:-}" ] || { echo "labs on the screen: ${LABS_NOT} is not run in this build"; left=1; continue; }
    n=$((n + 1))
    mkdir "$top/$n"
    (timeout $((${TEST_SECONDS:-60} * 5)) "$driver" "$vmlab" "${lab%/}" "$top/$n" >"$top/$n.out" 2>&1 </dev/null && touch "$top/$n.good") &
    [ "$n" -lt 4 ] || wait -n
done
wait
for i in $(seq $n); do [ -e "$top/$i.good" ] || { bad=$((bad + 1)); cat "$top/$i.out"; }; done
echo "labs on the screen: $((n - bad)) passed, $bad failed"
[ $((n + left)) -ge 12 ] && [ "$bad" = 0 ]
