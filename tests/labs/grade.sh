#!/bin/bash
# grade.sh PROGRAM LABS: fifty submissions at once, some of them hostile: each hostile one is contained and told, all others have
# the points they would have alone. All four report formats are checked.
set -u
vmlab=$(realpath "$1") labs=$(realpath "$2")
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
export XDG_STATE_HOME="$top/state" HOME="$top" TMPDIR="$top/tmp"
mkdir "$top/tmp" "$top/class"
passed=0 failed=0

check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "grade: $what"; fi
}
lab=03-hypercalls
student() { # NAME: a directory with the solution in it
    mkdir -p "$top/class/$1"
    cp -r "$labs/$lab/solution" "$top/class/$1/$lab"
    echo "$top/class/$1/$lab"
}

for i in $(seq 40); do student "$(printf 'good-%02d' "$i")" >/dev/null; done
head=$'.intel_syntax noprefix\n.code16\nmov dx, 0x500\n'
echo hush-hush >"$top/secret"

d=$(student evil-loop); echo "$head"$'jmp .' >"$d/ok.S"
d=$(student evil-flood); echo "$head"$'mov bl, 65\nx: mov al, 1\nout dx, al\njmp x' >"$d/ok.S"
d=$(student evil-rept); echo "$head"$'.rept 100000000\n.rept 1000\nnop\n.endr\n.endr' >"$d/ok.S"
d=$(student evil-space); echo "$head"$'.space 0x7fffffff, 1' >"$d/ok.S"
d=$(student evil-lua); echo 'while true do end' >"$d/lab.lua"; echo '# nothing' >"$d/lab.md"
d=$(student evil-symlink); rm "$d/ok.S"; ln -s "$top/secret" "$d/ok.S"
# Says what is in a file of the grader's, as far as the assembler can read it.
d=$(student evil-incbin); echo "$head"$'mov si, offset text\nx: lodsb\ntest al, al\njz y\nmov bl, al\nmov al, 1\nout dx, al\njmp x\ny: hlt\ntext: .incbin "'"$top/secret"$'"\n.byte 0' >"$d/ok.S"
d=$(student evil-large); truncate -s 10G "$d/ok.S"
d=$(student evil-session); { yes step | head -n 5000; echo "trace save $top/stolen"; echo "log $top/stolen"; echo "source $top/secret"; } >"$d/session.txt"
mkdir "$top/class/evil-link"; ln -s "$top/class/good-01/$lab" "$top/class/evil-link/$lab"

begin=$SECONDS
"$vmlab" grade --seconds 40 --json --junit "$top/junit.xml" "$top/class" >"$top/json" 2>"$top/err"
status=$?
echo "grade: 50 submissions in $((SECONDS - begin)) seconds"

# One line a submission: name, points, error.
awk -F'"' '/"submission":/ { n = split($4, part, "/"); s = part[n - 1]; e = ""; p = "" }
    /"points":/ && p == "" { p = $0; gsub(/[^0-9]/, "", p) } /"error":/ { e = $4 } /"steps":/ { print s, p, e }' "$top/json" >"$top/list"
points() { awk -v s="$1" '$1 == s { print $2 }' "$top/list"; }
check "the exit status is 1 when somebody failed" test $status = 1
check "fifty submissions were graded" test "$(wc -l <"$top/list")" = 50
check "every good one has its 11 points: $(grep -c '^good-.* 11 ' "$top/list")" test "$(grep -c '^good-.* 11 ' "$top/list")" = 40
# What is wrong is one file; the other counts.
for who in loop flood rept space incbin; do check "evil-$who keeps the points of the rest: $(points evil-$who)" test "$(points evil-$who)" = 8; done
check "a submission's own lab.lua is not looked at" test "$(points evil-lua)" = 11
for who in symlink large link; do check "evil-$who has no points: $(points evil-$who)" test "$(points evil-$who)" = 0; done
check "a symbolic link is told" grep -q 'evil-symlink 0 .*symbolic link' "$top/list"
check "a linked directory is told" grep -q 'evil-link 0 .*symbolic link' "$top/list"
check "a huge file is told" grep -q 'evil-large 0 .*larger than' "$top/list"
check "an endless session still has the points of the files: $(points evil-session)" test "$(points evil-session)" = 7
check "nothing was written where it should not be" test ! -e "$top/stolen"
if "$vmlab" engines | grep -q '^labs: .*reads only'; then
    check "nothing of the secret is in a report" sh -c "! grep -rq hush '$top/json' '$top/junit.xml'"
    check "what the assembler may not read is told" grep -q 'not found: .*/secret' "$top/json"
else
    echo "grade: left out: what .incbin reads: no Landlock, or a build with a sanitizer"
fi
check "no temporary directory is left" test -z "$(ls -A "$top/tmp")"
check "the JUnit report has every submission" test "$(grep -c '<testsuite ' "$top/junit.xml")" = 50
check "and ends each" test "$(grep -c '</testsuite>' "$top/junit.xml")" = 50

# One submission, other formats, and how a lab is named.
cd "$top/class/good-01/$lab" || exit 1
"$vmlab" grade --tap >"$top/tap"
check "a complete submission: status 0" test $? = 0
check "TAP has a plan" grep -q '^1\.\.4$' "$top/tap"
check "TAP has four passes" test "$(grep -c '^ok ' "$top/tap")" = 4
cp -r . "$top/other-name"
# What the bar takes is graded: quotes around a semicolon, and lines that end as on Windows.
mkdir -p "$top/dos/$lab" "$top/quotes/$lab"
cp ./*.S "$top/dos/$lab"; cp ./*.S "$top/quotes/$lab"
sed 's/$/\r/' session.txt >"$top/dos/$lab/session.txt"
{ printf 'echo "one; two"; '; cat session.txt; } >"$top/quotes/$lab/session.txt"
check "a session with carriage returns" "$vmlab" grade "$top/dos"
check "a session with a quoted semicolon" "$vmlab" grade "$top/quotes"
check "--lab names the lab" "$vmlab" grade --lab 3 "$top/other-name"
# A lab of one's own, with a name that is no XML, a heading that is a TAP directive, and a student called ESC [ 31 m.
own="$top/a&\"b<c]]>" student=$'./evil\e[31m\xff'
mkdir -p "$own" "$top/odd/$student"
cd "$top/odd" && echo run >"$student/session.txt"
printf '# T\n\n## Never # TODO <&#27;[31m>\n\nx\n' >"$own/lab.md"
printf 'lab { title = "T", machine = "hello" }\nstep { "Never # TODO <\\27[31m>", check = function() return false, "]]>\\1\\255" end, achieved = "", hints = { "h" } }\n' >"$own/lab.lua"
"$vmlab" grade --lab "$own/" --tap --junit "$top/odd.xml" . >"$top/odd.tap"
"$vmlab" grade --lab "$own/" . >"$top/odd.txt"
"$vmlab" grade --lab "$own/" --json . >"$top/odd.json"
check "the odd ones are graded" grep -q 'Never' "$top/odd.tap"
check "JUnit is XML" python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$top/odd.xml"
check "a name that is no UTF-8 is so much as can be said of it" grep -q $'evil?\\[31m\xef\xbf\xbd' "$top/odd.xml"
check "JSON is JSON" python3 -c 'import sys, json; json.load(open(sys.argv[1], "rb"))' "$top/odd.json"
check "what failed is no TODO of TAP" sh -c "! LC_ALL=C grep -ai '^not ok.*# *todo' '$top/odd.tap'"
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$vmlab" grade --lab "$own/" . >"$top/odd.tty" </dev/null
check "no report commands a terminal" sh -c "! cat '$top/odd.tap' '$top/odd.txt' '$top/odd.json' '$top/odd.xml' '$top/odd.tty' | grep -q '$(printf '\033')'"
cd "$top/class/good-01/$lab" || exit 1
check "a directory without submissions is told" sh -c "! '$vmlab' grade '$top/tmp'"
"$vmlab" grade --nonsense 2>"$top/err"; check "an unknown option: status 2" test $? = 2
"$vmlab" grade --lab 99 . 2>"$top/err"; check "an unknown lab: status 2" test $? = 2
echo "grade: $passed passed, $failed failed"
[ $failed = 0 ]
