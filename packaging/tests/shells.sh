#!/bin/bash
# shells.sh BUILD SHELL...: Tab in real shells. Each is started in a terminal (tmux) with nothing but vmlab's completion; a line is typed,
# Tab pressed, and what must come to stand after the prompt is waited for.
set -u
build=$(cd "$1" && pwd) || exit 1
shift
seconds=${TEST_SECONDS:-60}
socket=vmlab-shells-$$ # and a number: a server that is still ending would take the next session for its last
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-shells.XXXXXX")
t() { tmux -L "$socket" -f /dev/null "$@"; }
trap 't kill-server 2>/dev/null; rm -rf "$tmp" 2>/dev/null || { sleep 1; rm -rf "$tmp"; }' EXIT
passed=0 failed=0

# The command that starts the shell, and what is typed into it first. What is typed is not the text that says it is ready.
begin() {
    case $1 in
        bash) start="bash --norc --noprofile" setup="PS1='> '; . '$build/completions/vmlab.bash'" ;;
        zsh)  start="zsh -f" setup="PROMPT='> '; setopt nobeep; fpath=('$build/completions' \$fpath); autoload -Uz compinit; compinit -u -d '$tmp/dump'" ;;
        fish) start="fish --no-config --private" setup="function fish_prompt; echo -n '> '; end; set -g fish_greeting; set -g fish_autosuggestion_enabled 0; source '$build/completions/vmlab.fish'" ;;
        *) return 1 ;;
    esac
}
screen() { t capture-pane -p -t shell; }
comes() { # comes TEXT: it comes to stand at the end of a line of the screen
    local end=$((SECONDS + seconds))
    until screen | sed 's/ *$//' | grep -qE -- "$1\$"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}
# What is typed, and what a Tab must make of it.
rows() {
    cat <<'ROWS'
vmlab --det|vmlab --deterministic
vmlab --engine k|vmlab --engine kvm
vmlab --engine=so|vmlab --engine=soft
vmlab --irqchip u|vmlab --irqchip user
vmlab --disk dr|vmlab --disk drive.img
vmlab fibo|vmlab fibonacci
vmlab hello counter multiplication_|vmlab hello counter multiplication_short
vmlab my|vmlab my.bin
vmlab eng|vmlab engines
vmlab lab res|vmlab lab reset
vmlab lab 0|vmlab lab 03-mine/
vmlab lab lint labs/13|vmlab lab lint labs/13-mine/
vmlab lab --forg|vmlab lab --forgetful
vmlab lab 3 --theme m|vmlab lab 3 --theme mono
vmlab help ste|vmlab help step
vmlab help gra|vmlab help grade
vmlab grade --jun|vmlab grade --junit
vmlab grade cla|vmlab grade class/
vmlab --help=comm|vmlab --help=commands
vmlab --help=dis|vmlab --help=disas
ROWS
}

mkdir -p "$tmp/home/labs/13-mine" "$tmp/home/03-mine" "$tmp/home/class"
touch "$tmp/home/my.bin" "$tmp/home/drive.img"
cd "$tmp/home" || exit 1
for shell in "$@"; do
    socket=${socket%.*}.$((passed + failed))
    begin "$shell" || { echo "shells: no shell is called $shell" >&2; exit 2; }
    env -i HOME="$tmp/home" PATH="$build:$PATH" TERM=screen-256color LANG=C.UTF-8 PS1='> ' TMUX_TMPDIR="${TMUX_TMPDIR:-/tmp}" \
        tmux -L "$socket" -f /dev/null new-session -d -s shell -x 160 -y 24 "$start"
    t send-keys -t shell -l -- "$setup; echo rea''dy"
    t send-keys -t shell Enter
    comes 'ready' || { echo "shells: $shell does not start:" >&2; screen >&2; failed=$((failed + 1)); continue; }
    while IFS='|' read -r typed want; do
        t send-keys -t shell C-l C-u
        t send-keys -t shell -l -- "$typed"
        comes "> $typed" || echo "shells: $shell: the line does not come up" >&2
        t send-keys -t shell Tab
        if comes "> $want"; then passed=$((passed + 1)); else
            failed=$((failed + 1))
            echo "shells: $shell makes of '$typed' not '$want' but:" >&2
            screen | sed -n '/[^ ]/p' >&2
            t send-keys -t shell C-c
        fi
    done < <(rows)
    t kill-server
done
echo "shells ($*): $passed passed, $failed failed"
[ "$failed" = 0 ]
