#!/bin/bash
# tour.sh FILE.md...: follow a document word by word in a real terminal (tmux). Fenced blocks whose info string ends in `tour` are
# the words; everything else is prose.
#
#   ```sh tour        each line is typed into a shell, with Enter; an `$ ` in front is left out; build/vmlab is TOUR_BUILD/vmlab
#   ```bar tour       each line is typed into the command bar (the lab is on the screen), with Enter
#   ```keys tour      each word is a key as tmux calls it: Tab Enter F1 Escape C-c Up; several in a line are pressed one after another
#   ```screen tour    each line must come to stand on the screen, in this order from top to bottom; ... stands for
#                     anything, runs of spaces count as one
#   ```out tour       each line must come to stand on the screen as above (what a shell command printed)
#
# It starts in a shell in the current directory, 120 columns by 40 lines (TOUR_SIZE). A comment <!-- tour: 80x24 --> resizes.
set -u
seconds=${TOUR_SECONDS:-${TEST_SECONDS:-60}}
size=${TOUR_SIZE:-120x40}
socket=vmlab-tour-$$
state=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-tour.XXXXXX")
t() { tmux -L "$socket" -f /dev/null "$@"; }
# What was on the screen may still be saving its history when its terminal goes.
trap 't kill-server 2>/dev/null; for i in 1 2 3 4 5; do rm -rf "$state" 2>/dev/null && break; sleep 1; done' EXIT

passed=0 file="" line=0
screen() { t capture-pane -p -t tour; }

failed() {
    echo "tour: $file:$line: $1" >&2
    echo "--- the screen:" >&2
    screen >&2
    echo "---" >&2
    echo "tour: $passed passed, 1 failed"
    exit 1
}

# The lines of $1 stand on the screen in this order: prints the first that does not, nothing when all do.
missing() {
    screen | awk -v want="$1" '
        function squeeze(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
        # Is p, in which "..." stands for anything, found in s?
        function found(s, p,    n, part, i, at) {
            n = split(p, part, /\.\.\./)
            for (i = 1; i <= n; i++) {
                at = index(s, squeeze(part[i]))
                if (part[i] != "" && at == 0) return 0
                if (part[i] != "") s = substr(s, at + length(squeeze(part[i])))
            }
            return 1
        }
        BEGIN { n = split(want, w, "\n"); k = 1 }
        { s = squeeze($0); while (k <= n && (squeeze(w[k]) == "" || found(s, w[k]))) { k++; if (squeeze(w[k-1]) != "") break } }
        END { while (k <= n && squeeze(w[k]) == "") k++; if (k <= n) print w[k] }'
}

expect() { # expect LINES: wait for them
    local end=$((SECONDS + seconds)) lacks
    while lacks=$(missing "$1") && [ -n "$lacks" ]; do
        [ $SECONDS -lt $end ] || failed "this does not come to stand on the screen: $lacks"
        sleep 0.1
    done
    passed=$((passed + 1))
}

type_line() {
    t send-keys -t tour -l -- "$1" && t send-keys -t tour Enter || failed "cannot type: the terminal is gone"
    passed=$((passed + 1))
}

act() { # act KIND LINES
    case $1 in
        sh)  while IFS= read -r l; do l=${l//build\/vmlab/${TOUR_BUILD:-build}/vmlab}; type_line "${l#\$ }"; done <<<"$2" ;;
        # One command at a time: its echo in the bar must have been taken before the next is typed.
        bar) while IFS= read -r l; do type_line "$l"; sleep 0.3; done <<<"$2" ;;
        keys) for k in $2; do t send-keys -t tour "$k" || failed "cannot press $k"; passed=$((passed + 1)); sleep 0.2; done ;;
        screen | out) expect "$2" ;;
        *) failed "a tour block of an unknown kind: $1" ;;
    esac
}

follow() { # follow FILE
    local kind="" block="" begun=0 l
    file=$1 line=0
    while IFS= read -r l <&3 || [ -n "$l" ]; do
        line=$((line + 1))
        if [ -n "$kind" ]; then
            if [[ $l == '```'* ]]; then
                act "$kind" "${block%$'\n'}"
                kind=""
            else
                block+=$l$'\n'
            fi
        elif [[ $l =~ ^'```'([a-z]+)\ tour$ ]]; then
            kind=${BASH_REMATCH[1]} block="" begun=$((begun + 1))
        elif [[ $l =~ ^'<!-- tour: '([0-9]+)x([0-9]+)' -->'$ ]]; then
            t resize-window -t tour -x "${BASH_REMATCH[1]}" -y "${BASH_REMATCH[2]}"
        fi
    done 3<"$file"
    [ $begun -gt 0 ] || failed "there is no tour in it"
}

export PS1='$ ' HOME="$state" XDG_STATE_HOME="$state/state" VMLAB_TOUR=1
t new-session -d -s tour -x "${size%x*}" -y "${size#*x}" "env PS1='\$ ' bash --norc --noprofile" || { echo "tour: tmux does not start" >&2; exit 1; }
t set-option -g status off
for f in "$@"; do
    follow "$f"
done
[ $# -gt 0 ] || { echo "tour: no document" >&2; exit 2; }
echo "tour: $passed passed, 0 failed"
