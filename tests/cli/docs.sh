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
completes() { # completes WANT WORD...: what Tab after the last word offers, in bash
    local want=$1; shift
    n=$((n + 1))
    local got
    got=$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vmlab; echo "${COMPREPLY[@]}"' - "$completions/vmlab.bash" "$@")
    [ "$got" = "$want" ] || { echo "bash completes '$*' to '$got', not '$want'" >&2; bad=$((bad + 1)); }
}
vmlab=$(dirname "$completions")/vmlab
completes "--deterministic" "$vmlab" --det
completes "kvm" "$vmlab" --engine k
completes "kvm" "$vmlab" --engine = k
completes "auto kvm soft" "$vmlab" --engine =
completes "fibonacci" "$vmlab" hello fibo
completes "engines" "$vmlab" eng
if command -v man >/dev/null; then
    n=$((n + 1))
    warn=$(LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z docs/vmlab.1 2>&1 >/dev/null)
    [ -z "$warn" ] || { echo "docs/vmlab.1: $warn" >&2; bad=$((bad + 1)); }
fi
echo "documents: $((n - bad)) passed, $bad failed"
[ "$bad" = 0 ]
