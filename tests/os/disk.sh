#!/bin/sh
# disk.sh BUILD [VMLAB-OPTION...]: files on a disk: kept from boot to boot, read and made by tar(1), replaced by all or nothing at
# whatever moment the machine dies, and every error told.
set -u
HERE=$(dirname "$0")
OS=$1/os-1k
VMLAB=$(cd "$1" && pwd)/vmlab
shift
VM_OPTIONS=$*
WORK=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-os.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
. "$HERE/lib.sh"
disk=$WORK/disk.img

# type_in TEXT: with this disk; its console is in $WORK/out.
type_in() { printf "$1" | run_os kernel --disk "$disk" >"$WORK/out" 2>"$WORK/err"; }
# on_host NAME: the file as the host's tar has it.
on_host() { rm -rf "$WORK/x" && mkdir "$WORK/x" && tar xf "$disk" -C "$WORK/x" 2>"$WORK/tar.err" && cat "$WORK/x/$1"; }
is() { # is WHAT GOT WANTED
    if [ "$2" = "$3" ]; then ok; else bad "$1: got '$2', not '$3'"; fi
}
# new_disk SECTORS: all zeros is an archive without a file.
new_disk() { rm -f "$disk" && dd if=/dev/zero of="$disk" bs=512 count="$1" 2>/dev/null; }
# filling LINES: a file of that many lines, typed, and then shown.
filling() {
    echo write a
    for i in $(seq "$1"); do echo "this line is here to fill the disk"; done
    printf '.\ncat a\n0\n'
}

new_disk 200
type_in 'files\nwrite note one line\nwrite long\nline 1\nline 2\n.\n0\n'
says "an empty disk" "0 files"
says "a first file" "9 bytes written to note"
type_in 'cat note\ncat long\nfiles\nwrite note another line\n0\n'
says "kept across boots" "one line"
says "kept across boots" "line 2"
says "listed" "       9 note"
is "tar reads it" "$(on_host note)" "another line"
is "tar reads it" "$(on_host long)" "line 1
line 2"

# An archive of the host's, with a directory and a file of several sectors.
mkdir -p "$WORK/src/dir"
sed 's/^/a line of some length to fill sectors with: /' "$HERE/lib.sh" >"$WORK/src/dir/big"
echo second >"$WORK/src/two"
tar cf "$disk" -C "$WORK/src" dir two
type_in 'cat two\ncat dir/big\nfiles\n0\n'
says "a host's archive" "second"
says "a host's archive" "$(tail -n 1 "$WORK/src/dir/big")"
says "a host's archive" "2 files"

# Full: what was there stays. Space that replaced files held is used again, whatever the sizes.
new_disk 24
type_in 'write a first\n0\n'
filling 400 | run_os kernel --disk "$disk" >"$WORK/out" 2>"$WORK/err"
says "a full disk" "write: a: the disk is full"
says "a full disk" "first"
{ for i in $(seq 40); do echo "write a $i"; echo write b; for k in $(seq $((i % 7 * 15 + 1))); do echo "b $i $k 1234567890123456789"; done; echo .; done
  echo cat a; echo files; echo 0; } >"$WORK/in"
run_os kernel --disk "$disk" <"$WORK/in" >"$WORK/out" 2>"$WORK/err"
says "space is used again" "40"
says "space is used again" "2 files"
is "space is used again" "$(grep -c 'bytes written' "$WORK/out")" 80
is "tar reads it" "$(on_host b | tail -n 1)" "b 40 $((40 % 7 * 15 + 1)) 1234567890123456789"

# An empty file leaves a free entry without a sector. The next empty file goes there, and what follows stays.
new_disk 64
type_in 'write x\n.\nwrite keep kept\nwrite x text\nwrite y\n.\ncat keep\ncat x\nfiles\n0\n'
says "after an empty file" "kept"
says "after an empty file" "text"
says "after an empty file" "3 files"

# The host's disk is full: a limit on the size of files plays it.
new_disk 1
dd if=/dev/zero of="$disk" bs=512 seek=200 count=0 2>/dev/null
filling 200 >"$WORK/in"
(trap '' XFSZ; ulimit -f 4; run_os kernel --disk "$disk" <"$WORK/in" 2>/dev/null) | cat >"$WORK/out"
says "the host has no space" "write: a: the disk is full"
says "the host has no space" "cat: a: there is no such file; 'files' lists them"

# No archive on it: the disk is left alone.
dd if=/dev/zero bs=512 count=64 2>/dev/null | tr '\0' '\245' >"$disk"
cp "$disk" "$WORK/before"
type_in 'write note x\nfiles\n0\n'
says "not an archive" "Filesystem initialized: embedded archive, read-only; the disk holds no tar archive that can be read"
says "not an archive" "write: note: the files are read-only"
if cmp -s "$disk" "$WORK/before"; then ok; else bad "a disk that is no archive was written to"; fi

# A disk that may not be written. Root may write to everything, so root becomes somebody else for it; busybox cannot do that.
if [ -z "${VMLAB_RIG:-}" ]; then
    new_disk 64
    type_in 'write note kept\n0\n'
    chmod 444 "$disk"
    chmod 755 "$WORK"
    as=
    [ "$(id -u)" != 0 ] || as="setpriv --reuid=65534 --regid=65534 --clear-groups"
    printf 'cat note\nwrite note lost\nwrite other lost\n0\n' | timeout "$seconds" $as "$VMLAB" --headless $VM_OPTIONS --disk "$disk" \
        --boot paging "$OS/kernel.bin" >"$WORK/out" 2>"$WORK/err"
    says "a read-only disk" "Filesystem initialized: disk, read-only"
    says "a read-only disk" "kept"
    says "a read-only disk" "write: note: the files are read-only"
    rm -f "$disk"
fi

# The machine dies before its first command to the disk, before its second, and so on to the last: the file holds the old content or the
# new one, for tar and for the next boot, and the disk can be written as before. Then the same with a smaller file in freed space.
# CRASH_EVERY=N: only before every Nth command.
for content in 'long\nlonger still\nthe longest of them' 'x'; do
    new_disk 64
    type_in 'write other stays\nwrite note first old\nwrite note old\n0\n'
    cp "$disk" "$WORK/old.img"
    new=$(printf "$content")
    olds=0 news=0
    until="type write note; $(printf "$content\n" | sed 's/.*/type &;/' | tr '\n' ' ') type .; type 0;"
    for n in $(seq 100); do
        until="$until until port 0x604;"
        [ $((n % ${CRASH_EVERY:-1})) = 0 ] || continue
        cp "$WORK/old.img" "$disk"
        run_os kernel --disk "$disk" -c "$until quit" </dev/null >"$WORK/out" 2>"$WORK/err"
        ! grep -q 'Thank you' "$WORK/out" || break # there were not so many commands
        host=$(on_host note)
        type_in 'cat note\ncat other\nwrite note afterwards\n0\n'
        guest=$(sed -n '/^Select: cat note/,/^=== 1K OS Menu/{/^Select/d;/^=== /d;/^$/d;p;}' "$WORK/out")
        case $host in
            old) olds=$((olds + 1)) ;;
            "$new") news=$((news + 1)) ;;
            *) bad "after a crash before command $n the file holds '$host'" ;;
        esac
        is "after a crash before command $n" "$guest" "$host"
        says "after a crash before command $n" stays
        is "after a crash before command $n" "$(on_host note)" afterwards
    done
    if [ $olds -gt 0 ] && [ $news -gt 0 ]; then ok; else bad "crashes: $olds times old, $news times new content: not both"; fi
done

# The same by kill -9, at moments nobody chose.
a=$(for i in $(seq 30); do echo "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa $i"; done)
b=$(for i in $(seq 50); do echo "bbbbbbbbbbbbbbbbbbbbbbb $i"; done)
for i in $(seq 100); do printf 'write f\n%s\n.\nwrite f\n%s\n.\n' "$a" "$b"; done >"$WORK/in"
new_disk 64
printf 'write f\n%s\n.\n0\n' "$a" | run_os kernel --disk "$disk" >"$WORK/out" 2>"$WORK/err"
for pause in 0.11 0.17 0.2 0.23 0.31 0.37; do
    "$VMLAB" --headless $VM_OPTIONS --disk "$disk" --boot paging "$OS/kernel.bin" <"$WORK/in" >"$WORK/out" 2>"$WORK/err" &
    pid=$!
    sleep $pause
    kill -9 $pid
    wait $pid 2>/dev/null
    content=$(on_host f)
    if [ "$content" = "$a" ] || [ "$content" = "$b" ]; then ok; else bad "after kill -9 the file holds '$content'"; fi
done

finish "1K OS on a disk${VM_OPTIONS:+ ($VM_OPTIONS)}"
