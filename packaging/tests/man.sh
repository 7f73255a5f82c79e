#!/bin/sh
# man.sh FILE.1: groff and mandoc have nothing to say against the manual.
set -u
page=$1 passed=0 failed=0
silent() { # silent WHAT TEXT
    if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'man: %s:\n%s\n' "$1" "$2" >&2; fi
}
silent "groff" "$(LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)"
silent "mandoc" "$(mandoc -T lint -W warning "$page" 2>&1)"
echo "man: $passed passed, $failed failed"
[ "$failed" = 0 ]
