#!/bin/sh
# readme.sh BUILD: guests/README.md on stdout. Sizes are those of the binaries, exits those that the golden tests check.
set -eu
build=$1
cat <<'T'
# Guests

Small programs to run and to watch, one readable source each: `NAME.S` says at its top what it teaches, which registers it uses
and exactly what it prints. Run one with `vmlab NAME`, several side by side with `vmlab NAME NAME...`.

Each is assembled to a flat binary whose first byte is its first instruction, with nothing but GNU as and ld:

    as --32 -I guests hello.S -o hello.o
    ld -m elf_i386 -Ttext 0 -e 0 --oformat binary hello.o -o hello.bin

A guest in real mode is entered at offset 0 of its own 256 KB with CS = DS = ES = SS and interrupts off; `hypercall.inc` names the
lab's services (docs/hypercalls.md). HLT with interrupts off is the end, with status 0.

This table is generated (`make guests-readme`), and a test checks that it is current. The exits are those of the golden tests' runs
(tests/golden): `echo` reads 15 bytes there, all others nothing.

| guest | bytes | starts in | exits | what it does |
|---|---:|---|---|---|
T
for source in guests/*.S; do
    name=$(basename "$source" .S)
    golden=tests/golden/$name.golden
    what=$(sed -n "1s/^# $name: \(.*\)\.\$/\1/p" "$source")
    bytes=$(wc -c <"$build/guests/$name.bin")
    boot=$(sed -n "s/^ *{ \"$name\", \"guests\/$name.bin\", \"\([a-z0-9]*\)\" },/\1/p" tui/guests.c)
    exits=$(sed -n 's/^exits: //p' "$golden")
    echo "| [$name]($name.S) | $bytes | ${boot:-real} | ${exits:-until it is stopped} | $what |"
done
