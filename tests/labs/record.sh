#!/bin/bash
# record.sh PROGRAM LABS: what the lab counted while the student worked is what session.txt is graded with: also for who left and
# came back, and who began anew.
vmlab=$(realpath "$1") labs=$(realpath "$2")
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
export HOME="$top" VMLAB_LABS="$labs"
passed=0 failed=0

# counts WHAT POINTS LAB COMMANDS...: each COMMANDS is a visit, from opening the lab to leaving it
counts() {
    local what=$1 points=$2 lab=$3 dir graded seen visit
    shift 3
    dir="$top/$((passed + failed))"
    export XDG_STATE_HOME="$dir/state"
    mkdir -p "$dir"
    for visit; do
        seen=$(timeout "${TEST_SECONDS:-100}" "$vmlab" lab "$lab" --headless --engine soft --work "$dir/work" <<<"$visit" 2>&1)
    done
    graded=$(timeout "${TEST_SECONDS:-100}" "$vmlab" grade --lab "$lab" "$dir/work" 2>&1)
    if [[ "${seen##*$'\n'}" == *" $points of "* && "${graded%%$'\n'*}" == *" $points of "* ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: %s points are not in\n  %s\n%s\n' "$what" "$points" "${seen##*$'\n'}" "$graded"
        sed 's/^/  | /' "$dir/work/session.txt"
    fi
}

counts 'one visit' 5 2 $'answer 13\nrun\nreset\nnext\nanswer 72'
counts 'a later visit begins with a fresh machine' 7 2 $'answer 13\nrun\nreset\nnext\nanswer 72' $'answer 11\nrun\nexits'
counts 'the guest in focus' 3 5 $'answer 2\nrun @all\nlab machine\nrun @all\nfocus 1\npause'
counts 'also in the middle of a step' 5 2 $'answer 13\nrun\nanswer 72' $'answer 72\nnext'
counts 'beginning anew' 5 2 $'answer 1\nanswer 2\nrun\nanswer 13\nlab reset yes\nanswer 13\nrun\nreset\nnext\nanswer 72'
counts 'beginning anew later' 5 2 $'answer 1\nanswer 2\nrun\nanswer 13' $'lab reset files' $'answer 13\nrun\nreset\nnext\nanswer 72'

# Who has passed and tries again loses nothing.
export XDG_STATE_HOME="$top/state"
"$vmlab" lab 2 --headless --work "$top/twice" <<<$'answer 13\nrun\nlab reset yes' >/dev/null 2>&1
if "$vmlab" grade --lab 2 "$top/twice" | grep -q ' 3 of 10 points'; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "the better of two tries does not count:"
    cat "$top/twice/session.txt"
fi
echo "lab records: $passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
