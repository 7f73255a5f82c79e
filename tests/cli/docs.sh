#!/bin/bash
# docs.sh BUILD: the documents and the shells' completions are what the tables say.
set -u
build=$1 describe=$1/tools/describe bad=0 n=0
same() { # same FILE COMMAND...
    local f=$1; shift
    n=$((n + 1))
    "$@" | diff -u "$f" - >&2 || { echo "$f is not up to date: run make docs" >&2; bad=$((bad + 1)); }
}
same docs/commands.md "$describe" commands
same docs/vmlab.1 "$describe" man < docs/vmlab.1.in
# What --help calls a command of its own, every shell completes.
for sub in $("$build/vmlab" --help | sed -n '/^Usage/,/^$/s/^  vmlab \([a-z]\{1,\}\).*/\1/p'); do
    for f in "$build"/completions/*; do
        n=$((n + 1))
        grep -qw -- "$sub" "$f" || { echo "$f knows nothing of 'vmlab $sub'" >&2; bad=$((bad + 1)); }
    done
done
echo "documents: $((n - bad)) passed, $bad failed"
[ "$bad" = 0 ]
