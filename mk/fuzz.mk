# make fuzz-smoke: every fuzzer for FUZZ_S seconds, FUZZ_JOBS at a time (CI). make fuzz: the same, five minutes each by default.
# make fuzz FUZZERS=console: only that one. A fuzzer is one file, tests/fuzz/fuzz_NAME.c; its seeds are in tests/fuzz/corpus/NAME, words
# it should know in tests/fuzz/NAME.dict. What they share is in the other files of tests/fuzz.
FUZZ_S     ?= 30
FUZZ_JOBS  ?= 2
# CI throws the same dice each time, so that a change is refused for what it did; `make fuzz` throws new ones (0).
export FUZZ_SEED ?= 1
FUZZERS    ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_FLAGS := -g -O1 -std=gnu11 -fno-omit-frame-pointer -fno-sanitize-recover=undefined $(WARN)
FUZZ_SAN   := address,undefined
FUZZ_SHARE := $(filter-out tests/fuzz/fuzz_%.c,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_OBJ   := $(patsubst %.c,$B/fuzz/obj/%.o,$(VMM_SRC) $(filter-out tui/main.c,$(TUI_SRC)) $(FUZZ_SHARE))
.PHONY: fuzz fuzz-smoke fuzz-build fuzz-deps

fuzz-deps:
	@sh mk/deps.sh build fuzz

# The whole program but main(), and what the fuzzers share, once, for all of them.
$B/fuzz/obj/%.o: %.c | $(DEPS_STAMP) fuzz-deps
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	$Qclang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) $(CPPFLAGS) $(INC.lua) -MMD -MP -c -o $@ $<
$B/fuzz/libvmlab.a: $(FUZZ_OBJ)
	$Qrm -f $@ && ar rcs $@ $^
$B/fuzz/fuzz_%: $B/fuzz/obj/tests/fuzz/fuzz_%.o $B/fuzz/libvmlab.a
	@echo "  LINK $@"
	$Qclang -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $^ $(VMM_LIBS) $(TUI_LIBS)
# Here the guest is hostile to itself only: at full speed.
$B/fuzz/fuzz_os: $(patsubst %,$B/fuzz/obj/tests/fuzz/%.o,fuzz_os fuzz tar_image) $B/libvmm.a
	@echo "  LINK $@"
	$Qclang -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $^ $(VMM_LIBS)
# And here it is a process of its own.
$B/fuzz/vmlab: $B/fuzz/obj/tui/main.o $B/fuzz/libvmlab.a
	@echo "  LINK $@"
	$Qclang -fsanitize=$(FUZZ_SAN) -o $@ $^ $(VMM_LIBS) $(TUI_LIBS)
$B/fuzz/fuzz_terminal: | $B/fuzz/vmlab
-include $(FUZZ_OBJ:.o=.d) $(wildcard $B/fuzz/obj/tests/fuzz/*.d)

fuzz-build: $(FUZZERS:%=$B/fuzz/fuzz_%) os

fuzz-smoke: fuzz-build
	@sh tests/fuzz/run.sh $B $(FUZZ_S) $(FUZZ_JOBS) $(FUZZERS)

# What the fuzzers come to is told apart, though no true one fails.
TEST_TARGETS += test-fuzz-runner
.PHONY: test-fuzz-runner
test-fuzz-runner:
	@sh tests/fuzz/runner.sh

fuzz: FUZZ_S := 300
fuzz: export FUZZ_SEED := 0
fuzz: fuzz-smoke
