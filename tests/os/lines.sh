#!/bin/sh
# lines.sh: os-1k/README.md tells how long each file is, and all of it stays under 1,500 lines of code.
set -u
table=$(mktemp "${TMPDIR:-/tmp}/vmlab-lines.XXXXXX")
trap 'rm -f "$table"' EXIT
sh os-1k/lines.sh >"$table"
sed -n '/^| file /,/^| all of it/p' os-1k/README.md | cmp - "$table" || { echo "os-1k/README.md is not current: run make os-readme" >&2; exit 1; }
total=$(sh os-1k/lines.sh total)
[ "$total" -lt 1500 ] || { echo "1K OS has $total lines of code" >&2; exit 1; }
echo "1K OS, $total lines: 2 passed, 0 failed"
