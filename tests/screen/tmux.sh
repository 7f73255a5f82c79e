#!/bin/sh
# tmux.sh BUILD: smoke tests in a second, independent terminal: tmux, under several TERMs. Waits by polling, fails with the screen.
set -u
B=$1
VMLAB_BUILD=$B
XDG_STATE_HOME=$(mktemp -d)
export VMLAB_BUILD XDG_STATE_HOME
passed=0 term=none
# A server of its own for each terminal: a dying one must not meet the next session.
t() { tmux -L "vmlab-$$-$term" -f /dev/null "$@" 2>/dev/null; }
trap 't kill-server; rm -rf "$XDG_STATE_HOME"' EXIT

# wait_for TEXT: until the screen shows it, 20 s at most, or TEST_SECONDS
wait_for() {
    n=0
    while [ $n -lt $((${TEST_SECONDS:-20} * 10)) ]; do
        t capture-pane -p | grep -qF -- "$1" && return 0
        n=$((n + 1))
        sleep 0.1
    done
    echo "tmux ($term): '$1' did not appear on:" >&2
    t capture-pane -p >&2
    exit 1
}

for term in screen-256color tmux-256color xterm vt100 linux; do
    t new-session -d -x 80 -y 24 "LC_ALL=C.UTF-8 TERM=$term '$B/vmlab' --test-clock hello counter; echo status=\$?; sleep 60"
    wait_for "Hello, KVM!"
    wait_for "[0 hello exited] >"
    t send-keys Tab
    wait_for "[1 counter exited] >"
    t send-keys Enter
    wait_for "zoomed"
    t resize-window -x 120 -y 40
    wait_for "─ registers ─"
    t send-keys Escape
    wait_for "0 hello"
    t send-keys F1
    wait_for "Each panel is one virtual CPU"
    t send-keys q
    t send-keys "quit 5" Enter
    wait_for "status=5"
    t kill-server
    passed=$((passed + 1))
done
echo "tmux: $passed passed, 0 failed"
