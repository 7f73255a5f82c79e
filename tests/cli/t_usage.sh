# The command line itself: help, version, nonsense.
. ./lib.sh

vm --help; is_status 0; err_empty
for w in "Usage:" "--engine auto|kvm|soft" "Examples:" "Exit status"; do out_has "$w"; done
true_that test "$(wc -L <"$TMP/out")" -le 79
vm -h; is_status 0; out_has "Usage:"
vm --help=commands; is_status 0; out_has "step [N]"; true_that test "$(wc -L <"$TMP/out")" -le 79
vm --help=step; is_status 0; out_has "exactly N instructions"
vm --help=stepp; is_status 2; err_has "Did you mean 'step'"; out_is ''
for sub in lab grade; do vm $sub --help; is_status 0; out_has "usage: vmlab $sub"; true_that test "$(wc -L <"$TMP/out")" -le 79; done
vm lab 1 --headless --forgetful --work "$TMP/work" -c 'lab 4'; is_status 1; out_has 'vmlab lab 4'
for l in 'skip 3' 'hint 2' 'check ok.S'; do vm lab 1 --headless --forgetful --work "$TMP/work" -c "$l"; is_status 1; out_has "${l%% *}: it is about the step that you are at"; done
vm lab 1 --headless --forgetful --work "$TMP/work" -c 'lab next 3'; is_status 1; out_has "lab: it takes one word, not '3' as well"
mkdir "$TMP/13-mine"; touch "$TMP/13-mine/lab.lua"
(cd "$TMP" && "$VMLAB" lab 13-mine) >"$TMP/out" 2>"$TMP/err"; status=$? last='lab 13-mine'; is_status 2; err_has "a directory is written ./13-mine"
VMLAB_LABS=$TMP "$VMLAB" lab >"$TMP/out" 2>"$TMP/err"; status=$? last='lab, without 01-one-byte'; is_status 1; err_has "Copy all of labs/ there"
vm --version; is_status 0; out_like '^vmlab [0-9]+\.[0-9]+\.[0-9]+$'; out_has "kvm, soft"
vm engines; is_status 0; out_like '^kvm '; out_like '^soft '
vm guests; is_status 0; out_like '^hello$'; out_like '^1k-os$'
error 2 "takes no arguments" engines x

# every option is in --help
vm --help
for o in engine boot paging load entry mem smp share irqchip tick timer disk deterministic headless json timeout verbose trace log exec \
    command console theme ascii no-mouse no-sandbox test-clock help version; do out_like -- "--$o( |\$|\[|,)"; done

# vmlab help: the same; of a subcommand its own, else the bar's command
vm --help; cp "$TMP/out" "$TMP/help"
for w in '' --help -h; do vm help $w; is_status 0; err_empty; true_that cmp -s "$TMP/out" "$TMP/help"; done # shellcheck disable=SC2086
vm --help=step; cp "$TMP/out" "$TMP/help"; vm help step; is_status 0; true_that cmp -s "$TMP/out" "$TMP/help"
vm help commands; is_status 0; out_has "step [N]"
for sub in lab grade engines guests help; do vm help $sub; is_status 0; err_empty; out_has "usage: vmlab $sub"; true_that test "$(wc -L <"$TMP/out")" -le 79; done
for sub in engines guests; do vm $sub --help; is_status 0; err_empty; out_has "usage: vmlab $sub"; done
error 2 "Did you mean 'step'" help stepp
error 2 "vmlab help NAME" help step run
error 1 "'vmlab --help' what else there is" xyzzyx
error 1 "That is a command: write it in the bar, or as in vmlab hello -c 'step'" step
error 1 "as in vmlab hello -c 'engines'" engine
for j in 0 65 2x '' -1; do error 2 "-j takes a number from 1 to 64, not '$j'" grade -j "$j" .; done
for s in 0 5x '' nan 1e9; do error 2 "--seconds takes a number from 1 to 3600, not '$s'" grade --seconds "$s" .; done
error 2 "Did you mean --headless?" --hedless hello
error 2 "no option -Z" -Z hello
error 2 "Did you mean kvm?" --engine=kwm hello
error 2 "needs SECONDS" hello --timeout
error 2 "--share takes no value" --share=yes hello
error 2 "Which guest?" --headless
error 2 "1 to 64" --smp 65 hello
error 2 "128 vCPUs" --smp 64 hello hello
if command -v script >/dev/null; then run script -qec "'$VMLAB' --smp 64" /dev/null; is_status 2; out_has '256 vCPUs' # the four that run when none is named
else left_out "there is no script(1) to make a terminal"; fi
many=$(for i in $(seq 65); do echo hello; done)
# shellcheck disable=SC2086
error 2 "at most 64" $many
error 2 "COLSxROWS" --console 80 hello
error 2 "Did you mean dark?" --theme darq hello
error 2 "already given" --boot long --paging hello

# what a guest cannot use is said, not ignored
error 1 "--mem does not fit the real-mode guest 'hello'" --mem 4M hello
error 1 "--load and --entry do not fit" --load 0x1000 hello
error 1 "--share is for real-mode guests" --share --boot flat32 flat32
if [ -w /dev/kvm ]; then error 1 "irqchip user" --tick 10ms --irqchip kernel --engine kvm flat32; fi
error 1 "irqchip user" --tick 10ms --irqchip none hello
vm --tick 10ms flat32 -c 'devices pit'; is_status 0; out_has "every 10000 us"
finish
