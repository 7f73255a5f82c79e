#!/bin/sh
# link.sh: a program may end where its shared page begins, at 3 MB, and no byte later: behind that are its stack and its neighbours.
set -u
HERE=$(dirname "$0")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-os.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
. "$HERE/lib.sh"

# link BYTES: a program whose .bss begins at its second page and has that many.
link() {
    printf '.globl start\nstart: ret\n.bss\n.skip %s\n' "$1" | as --32 -o "$WORK/program.o" -
    ld -m elf_i386 -T os-1k/user/user.ld -o "$WORK/program" "$WORK/program.o" >"$WORK/out" 2>&1
}

if link $((0x2ff000)); then ok; else bad "a program of 3 MB: $(cat "$WORK/out")"; fi
if link $((0x2ff001)); then bad "a program of more than 3 MB is linked"; else ok; fi
if grep -q 'at most 3 MB' "$WORK/out"; then ok; else bad "a program of more than 3 MB: $(cat "$WORK/out")"; fi
finish "1K OS programs"
