#!/bin/bash
# docs.sh DESCRIBE COMPLETIONS: the documents are what the tables say, and every shell accepts its completions.
set -u
describe=$1 completions=$2 bad=0 n=0
same() { # same FILE COMMAND...
    local f=$1; shift
    n=$((n + 1))
    "$@" | diff -u "$f" - >&2 || { echo "$f is not up to date: run make docs" >&2; bad=$((bad + 1)); }
}
same docs/commands.md "$describe" commands
same docs/vmlab.1 "$describe" man < docs/vmlab.1.in
accepts() { # accepts SHELL FILE
    command -v "$1" >/dev/null || return
    n=$((n + 1))
    "$1" -n "$2" || { echo "$1 does not accept $2" >&2; bad=$((bad + 1)); }
}
accepts bash "$completions/vmlab.bash"
accepts zsh "$completions/_vmlab"
accepts fish "$completions/vmlab.fish"
if command -v man >/dev/null; then
    n=$((n + 1))
    warn=$(LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z docs/vmlab.1 2>&1 >/dev/null)
    [ -z "$warn" ] || { echo "docs/vmlab.1: $warn" >&2; bad=$((bad + 1)); }
fi
echo "documents: $((n - bad)) passed, $bad failed"
[ "$bad" = 0 ]
