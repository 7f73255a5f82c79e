#!/bin/bash
# docs.sh BUILD MAKE: what the documents name is there: links, files, make targets and variables, options, environment variables,
# commands and guests; the examples that machines read can be read.
set -u
build=$1 make=$2
passed=0 failed=0
check() { # check WHAT OFFENDERS
    if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'docs: %s:\n%s\n' "$1" "$2" >&2; fi
}
docs=(README.md CHANGELOG.md docs/*.md guests/README.md os-1k/README.md)
each() { # each REGEX: "document<tab>match" for all documents
    for d in "${docs[@]}"; do grep -oE -- "$1" "$d" | sort -u | sed "s,^,$d\t,"; done
}
# Code that stands in `...` or in an indented or fenced block.
code() { awk '/^(```|~~~)/ { c = !c; next } c || /^    / { print; next } { while (match($0, /`[^`]+`/)) { print substr($0, RSTART + 1, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH) } }' "$1"; }

# Asked of make's own list, for a target whose recipe calls make would really run, also with -n.
targets=$("$make" -pq no-such-target 2>/dev/null | sed -nE 's/^([A-Za-z0-9_%-]+)( [A-Za-z0-9_% -]+)?::? .*|^([A-Za-z0-9_%-]+):$/\1\3/p' | sort -u)
is_target() { grep -qxF -- "$1" <<<"$targets" || grep -qxF -- "${1%%-*}-%" <<<"$targets"; }

check "links to files that are not there" "$(each '\]\([^)#:]+\)' | while IFS=$'\t' read -r d m; do
    m=${m#??}; m=${m%?}; [ -e "$(dirname "$d")/$m" ] || echo "$d: $m"; done)"
check "links to sections that are not there" "$(each '\]\(#[^)]+\)' | while IFS=$'\t' read -r d m; do
    m=${m#???}; m=${m%?}; grep -qiE "^#+ $(tr - . <<<"$m")\$" "$d" || echo "$d: #$m"; done)"
# A name with a directory of ours in it is a file; NN- and NAME stand for something.
check "files that are not there" "$(for d in "${docs[@]}"; do
    code "$d" | grep -oE '(^|[ `(])(vmm|tui|guests|os-1k|labs|tests|docs|mk|packaging|tools|\.ci)/[A-Za-z0-9_./*-]*[A-Za-z0-9*]' | tr -d ' `(' | sort -u |
        grep -vE 'NN|NAME|13-my-lab' | while read -r f; do
            compgen -G "$f" >/dev/null || compgen -G "$f.*" >/dev/null || [ -e "$(dirname "$d")/$f" ] || [ -e "$build/$f" ] || echo "$d: $f"; done; done)"
check "make targets that are not there" "$(for d in "${docs[@]}"; do
    code "$d" | grep -oE '(^|[ ;`])make( -[A-Za-z]+[0-9]*)*( +[A-Za-z0-9_-]+)( |$|`|,|\.|;)' | sed -E 's/.*make( -[A-Za-z]+[0-9]*)* +//; s/[ `,.;]*$//' | sort -u |
        while read -r t; do is_target "$t" || echo "$d: make $t"; done; done)"
check "make variables that nothing reads" "$(for d in "${docs[@]}"; do
    code "$d" | grep -E '(^|[ ;])make ' | grep -oE '\b[A-Z][A-Z_]+=' | tr -d = | sort -u | while read -r v; do
        grep -qE "\b$v\b" Makefile mk/*.mk mk/*.sh tests/*/*.sh packaging/*.sh || echo "$d: $v"; done; done)"
check "environment variables that nothing reads" "$(for d in "${docs[@]}"; do
    code "$d" | grep -oE '\b(VMLAB|XDG|TEST|FUZZ|RIG|BAR|DIFF|CRASH|STRESS|CLI|OS|UNIT)_[A-Z]+\b' | sort -u | while read -r v; do
        grep -rqE "\b$v\b" vmm tui tests mk Makefile packaging --include='*.[ch]' --include='*.sh' --include='*.mk' --include=Makefile || echo "$d: $v"; done; done)"
known=$({ "$build/vmlab" --help; "$build/vmlab" lab --help; "$build/vmlab" grade --help; grep -hoE -- '--[a-z-]+' tests/diff/main.c; } | grep -oE -- '--[a-z-]+' | sort -u)
check "options that nothing of ours has" "$(for d in "${docs[@]}"; do
    code "$d" | grep -E '(^|[ ;/|])vmlab |^--[a-z]' | grep -vE -- '--device /dev' | sed -E 's/[|;].*//' | grep -oE -- '(^| )--[a-z][a-z-]+' | tr -d ' ' | sort -u |
        while read -r o; do grep -qxF -- "$o" <<<"$known" || echo "$d: $o"; done; done)"
# Every option, command and guest stands in some document, and not only in what is made from the tables.
prose=$(cat README.md docs/[!v]*.md docs/vmlab.1.in labs/*/lab.md guests/README.md os-1k/README.md)
check "options that no document names" "$(sed -n '/^\.SS/,/^\.SH/s/^\.BR .*\\-\\-\([a-z\\-]*\).*/--\1/p' docs/vmlab.1 | tr -d '\\' | sort >"$build/in-manual"
    "$build/vmlab" --help | grep -oE -- '^  (-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort | comm -23 - "$build/in-manual")"
check "guests that no document names" "$("$build/vmlab" guests | while read -r g; do grep -qE "\b$g\b" <<<"$prose" || echo "$g"; done)"
check "commands that no document explains" "$("$build/vmlab" --help=commands | sed -n 's/^  \([a-z-][a-z-]*\) .*/\1/p; s/^  \([a-z-]*\)$/\1/p' | while read -r c; do
    grep -qE "^## $c\$" docs/commands.md || echo "$c"; done)"
# docs/architecture.md counts the lines that a student is to read.
lines=$(cd vmm && cat engine.h engine/kvm.c vcpu.c dispatch.c control.c hypercall.c | wc -l)
check "the heart of the machine is no longer some 1,500 lines" "$([ "$lines" -gt 1350 ] && [ "$lines" -lt 1650 ] || echo "it is $lines")"
# The stages of .ci/run, in the order of the table.
check "stages of .ci/run that the table does not have" "$(sed -n '/^stages=(/,/^)/s/^ *"\([a-z]*\) .*/\1/p' .ci/run | while read -r s; do
    grep -qE "^\| [a-z, ]*\b$s\b" docs/ci-and-classroom.md || echo "$s"; done)"

# What machines read.
check "JSON that is none" "$(find docs -name '*.json' -exec python3 -m json.tool '{}' /dev/null \; 2>&1)"
# YAML in the little that workflows use of it: two more blanks a level, no tabs, "key:" or "- " or the lines of a "|" block.
check "YAML that is none" "$(find docs -name '*.yml' -exec awk '
    /\t/ { print FILENAME ":" NR ": a tab" }
    { match($0, /^ */); n = RLENGTH }
    /^ *(#|$)/ { next }
    block && n > deep { next }
    { block = 0 }
    n % 2 { print FILENAME ":" NR ": odd indentation" }
    !/^ *(- )?[A-Za-z_-]+:( |$)/ && !/^ *- [^:]+$/ { print FILENAME ":" NR ": neither key nor item: " $0 }
    /[:-] [|>]$/ { block = 1; deep = n }' '{}' \;)"
check "targets and options of the examples that are not there" "$(
    find docs -name '*.yml' -o -name '*.json' -path '*devcontainer*' | while read -r f; do
        grep -v 'apt-get' "$f" | grep -oE 'make( -[A-Za-z]+[0-9/]*| [a-z][a-z/-]*)*' | sed -E 's/ -C [a-z\/]+//; s/^make//; s/ -[A-Za-z0-9]+//g' | tr ' ' '\n' | grep -v '^$' | sort -u | while read -r t; do
            [ -e "$t" ] || [ "${t#/}" != "$t" ] || is_target "$t" || echo "$f: make $t"; done
        grep -oE 'vmlab grade.*' "$f" | grep -oE -- '--[a-z-]+' | sort -u | while read -r o; do grep -qxF -- "$o" <<<"$known" || echo "$f: $o"; done
    done)"

echo "documents and what they name: $passed passed, $failed failed"
[ "$failed" = 0 ]
