# make fuzz-smoke: every fuzzer of the VMM for a share of FUZZ_S seconds (CI). make fuzz: the same, ten minutes in all by default.
FUZZ_S     ?= 60
FUZZERS    := soft machine
FUZZ_FLAGS := -g -O1 -std=gnu11 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
.PHONY: fuzz fuzz-smoke fuzz-build

$B/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(VMM_SRC) | $(DEPS_STAMP)
	@sh mk/deps.sh build fuzz
	@mkdir -p $(@D)
	@echo "  FUZZ $@"
	$Qclang $(FUZZ_FLAGS) $(CPPFLAGS) -o $@ $< $(VMM_SRC) $(VMM_LIBS)

fuzz-build: $(FUZZERS:%=$B/fuzz/fuzz_%)

# A crash, a leak or a hang (-timeout) fails; the input is left in build/fuzz. New inputs go there, the seeds are in tests/fuzz/corpus.
fuzz-smoke: fuzz-build
	@for f in $(FUZZERS); do \
	  mkdir -p $B/fuzz/corpus-$$f && \
	  $B/fuzz/fuzz_$$f -max_total_time=$$(( $(FUZZ_S) / $(words $(FUZZERS)) )) -timeout=20 -rss_limit_mb=2048 -max_len=4096 -verbosity=0 \
	    -print_final_stats=1 -artifact_prefix=$B/fuzz/$$f- $B/fuzz/corpus-$$f tests/fuzz/corpus/$$f || exit 1; \
	done

fuzz: FUZZ_S := 600
fuzz: fuzz-smoke
