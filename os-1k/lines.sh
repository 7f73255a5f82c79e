#!/bin/sh
# lines.sh: how long each file of 1K OS is: lines of code (neither blank nor only comment), in the order in which to read them, as
# the table in README.md. `lines.sh total` prints the sum only.
set -eu
cd "$(dirname "$0")"
files="kernel/boot.S kernel/kernel.ld kernel/x86.h kernel/kernel.h kernel/main.c kernel/segment.c kernel/trap.S kernel/trap.c
    kernel/pic.c kernel/timer.c kernel/page.c kernel/proc.c kernel/program.c kernel/syscall.c kernel/console.c kernel/console_hypercall.c
    kernel/console_uart.c kernel/console_keyboard.c kernel/disk.c kernel/tarfs.c common/abi.h common/lib.h common/lib.c user/user.ld
    user/user.h user/lib.c user/shell.c"
for f in kernel/* common/* user/*; do
    case " $(echo $files) " in *" $f "*) ;; *) files="$files $f" ;; esac
done
count() { sed -e 's:/\*.*\*/::' -e '/\/\*/,/\*\//d' -e '/^[[:space:]]*#[^a-z]/d' -e '/^[[:space:]]*$/d' "$1" | wc -l; }
about() { # the words after "name:" in its first line, up to a colon, semicolon or full stop
    sed -n '1{s/^\(\/\*\|#\) *[^:]*: *//;s/ *\*\/ *$//;s/ *(SDM vol.*//;s/[.:;]\( .*\)*$//;p;}' "$1"
}
total=0
table="| file | lines | what |
|---|---:|---|"
for f in $files; do
    n=$(count "$f")
    total=$((total + n))
    table="$table
| [$f]($f) | $n | $(about "$f") |"
done
if [ "${1:-}" = total ]; then
    echo "$total"
else
    printf '%s\n| all of it | **%d** | |\n' "$table" "$total"
fi
