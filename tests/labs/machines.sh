#!/bin/bash
# machines.sh PROGRAM LABS: `lab machine` and `lab try` open what is there, and say what is missing when it is not.
vmlab=$(realpath "$1") labs=$(realpath "$2")
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
export XDG_STATE_HOME="$top/state" HOME="$top" VMLAB_LABS="$labs"
passed=0 failed=0

# says WHAT TEXT COMMANDS: lab 3 (or $lab) in a fresh directory (with the files of $files) is driven by COMMANDS, one a line
says() {
    local dir="$top/$((passed + failed))" out
    mkdir "$dir"
    for f in ${files-}; do cp "$labs"/03-*/solution/"$f" "$dir"/; done
    out=$(timeout "${TEST_SECONDS:-100}" "$vmlab" lab "${lab-3}" --headless --engine soft --work "$dir" ${remember---forgetful} <<<"$3" 2>&1)
    if tr '\n' ' ' <<<"$out" | tr -s ' ' | grep -qF -- "$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$1: \"$2\" is not said:"
        tail -5 <<<"$out"
    fi
}

says 'nothing to try' 'no guest of yours is built yet' $'lab try'
says 'no machine without its guest' 'that was not built here' $'skip\nskip\nskip\nlab machine'
remember='' says 'skipping is remembered' 'fibonacci' $'skip\nskip\nskip\nquit'
remember='' says 'such a lab can be opened again' 'This step has a machine of its own' 'info'
files=ok.S says 'after passing it is the one that passed' '0 ok ' $'skip\ncheck\nlab try\ninfo'
files=sum.S says 'its own machine' '0 sum ' $'skip\nskip\ncheck\nlab machine\ninfo'
lab=12 says 'the last lab has no next' 'lab 12 is the last one' 'lab next'
lab=1 says 'several commands in a line' '' 'info;   step;info'
if [ "$(cat "$top/$((passed + failed - 1))/session.txt")" = $'info\nstep\ninfo' ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "each of several commands in a line is recorded once, not as:"
    cat "$top/$((passed + failed - 2))/session.txt"
fi
echo "lab machines: $passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
