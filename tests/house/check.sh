#!/bin/sh
# check.sh: the rules of the house that a machine can check. Each rule prints what breaks it.
set -u
passed=0 failed=0
rule() { # rule WHAT OFFENDERS
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'house: %s:\n%s\n' "$1" "$2" >&2
    fi
}
sources() { find "$@" -name '*.[ch]'; }

rule "vmm/ includes nothing of the front end" \
    "$(grep -nE '#include *[<"](tui/|\.\./tui/|n?curses|readline/|libtsm|term\.h)' $(sources vmm))"
rule "vmm/ never prints" \
    "$(grep -nE '(^|[^a-z_])(v?printf|puts|putchar|perror)\(|(^|[^a-z_])(v?fprintf|fputs|fwrite)\([^)]*std(out|err)' $(sources vmm))"
rule "vmm/ never exits" \
    "$(grep -nE '(^|[^a-z_])(exit|_exit|abort|quick_exit)\(' $(sources vmm))"
rule "no marks of unfinished work" \
    "$(grep -rnE '\b(TODO|FIXME|XXX|HACK)\b' vmm tui guests $(ls -d os-1k labs mk 2>/dev/null) Makefile --include='*.[chS]' --include='*.inc' --include='*.mk' --include='*.md' --include='*.lua' --include='*.ld' --include=Makefile)"
rule "a source stays under 500 lines" \
    "$(find vmm tui guests $(ls -d os-1k 2>/dev/null) \( -name '*.[chS]' \) -exec awk 'END { if (NR > 500) print FILENAME ": " NR " lines" }' {} \;)"
rule "no white space at the end of a line" \
    "$(grep -nE '[[:space:]]+$' $(sources vmm tui) guests/*.S guests/*.inc Makefile mk/*.mk | cut -c1-120)"
rule "every source says in its first line what it is, or names the header that does" \
    "$(for f in $(sources vmm tui) guests/*.S; do head -n 1 "$f" | grep -qE "^(/\*|#|//) *$(basename "$f" .S)|^(/\*|#|//) *[a-z0-9_/]*$(basename "$f")" || head -n 1 "$f" | grep -qE "^#include \"[a-z0-9_/]*$(basename "$f" .c).h\"" || echo "$f"; done)"
rule "every guest says what it teaches, its registers and its output" \
    "$(for f in guests/*.S; do for w in Teaches Registers Output; do grep -q "^# $w: " "$f" || echo "$f: no $w"; done; done)"

echo "house: $passed passed, $failed failed"
[ "$failed" = 0 ]
