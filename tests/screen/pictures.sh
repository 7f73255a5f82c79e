#!/bin/sh
# pictures.sh SHOOT SCRATCH: docs/pictures and README.md show what the screen shows now.
n=0 bad=0
rm -rf "$2" && mkdir -p "$2" || exit 1
"$1" "$2" >"$2/log" 2>&1 || { cat "$2/log"; bad=1; }
for now in "$2"/*.svg "$2"/*.txt; do
    n=$((n + 1))
    cmp "docs/pictures/${now##*/}" "$now" || bad=$((bad + 1))
done
n=$((n + 1))
sed '1,/^<!-- screen/d; /^<!-- end/,$d; /^```/d' README.md | cmp - "$2/screen.txt" || bad=$((bad + 1))
[ "$bad" = 0 ] || echo "docs/pictures is stale: make screenshots, look at them, commit them"
[ "$((n - 1))" = "$(find docs/pictures -type f | wc -l)" ] || { echo "docs/pictures holds more than is made"; bad=$((bad + 1)); }
echo "pictures: $((n - bad)) passed, $bad failed"
[ "$n" -gt 0 ] && [ "$bad" = 0 ]
