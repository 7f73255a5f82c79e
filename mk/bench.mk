# make bench: every number that DESIGN promises, against its baseline in the same run. BENCH_ARGS: --quick, --rounds N, --json, core, screen, peers, cpu...
# make bench-publish: a whole run, written into docs/performance.md. On an idle machine.
# make bench-peers: the same with QEMU TCG and Bochs as peers (packages of the set `bench`; without them their rows say so).
BENCH_SRC     := $(wildcard tests/bench/*.c)
BENCH_OBJ     := $(BENCH_SRC:%.c=$B/%.o)
BENCH_KERNELS := $(basename $(notdir $(filter-out %/boot.S,$(wildcard tests/bench/guests/*.S))))
BENCH_BINS    := $(foreach b,16 32,$(BENCH_KERNELS:%=$B/bench/%$b.bin) $B/bench/boot$b.bin)
BENCH_ARGS    ?=
.PHONY: check-bench bench bench-peers bench-publish bench-guests

bench-guests: $(BENCH_BINS)

$B/bench/%16.o: tests/bench/guests/%.S tests/bench/guests/frame.inc | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  AS   $< (16-bit)"
	$Qgcc -m32 -DBITS=16 -DSECTORS=8 -Itests/bench/guests -c -o $@ $<
$B/bench/%32.o: tests/bench/guests/%.S tests/bench/guests/frame.inc | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  AS   $< (32-bit)"
	$Qgcc -m32 -DBITS=32 -DSECTORS=8 -Itests/bench/guests -c -o $@ $<
BENCH_AT = $(if $(findstring boot,$*),0x7c00,$(if $(filter %32,$*),0x10000,0))
$B/bench/%.bin: $B/bench/%.o
	$Qld -m elf_i386 -Ttext $(BENCH_AT) -e _start --oformat binary -o $@ $<

$B/tests/vmbench: $(BENCH_OBJ) $B/libvmm.a
	@mkdir -p $(@D)
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $(BENCH_OBJ) $B/libvmm.a $(VMM_LIBS) -lm -lutil
-include $(BENCH_OBJ:.o=.d)

bench: $B/tests/vmbench $(BENCH_BINS) $B/vmlab guests
	@$B/tests/vmbench --build $B $(BENCH_ARGS)

# That it measures what docs/performance.md promises, whatever comes out: for CI, where other work makes numbers worthless.
check-bench: $B/tests/vmbench $(BENCH_BINS) $B/vmlab guests
	@sh mk/deps.sh test
	@bash tests/bench/smoke.sh $B

bench-peers:
	@sh mk/deps.sh bench
	@$(MAKE) bench BENCH_ARGS="$(BENCH_ARGS) peers cpu"

bench-publish: $B/tests/vmbench $(BENCH_BINS) $B/vmlab guests
	@sh mk/deps.sh bench
	$B/tests/vmbench --build $B --markdown $(BENCH_ARGS) >$B/bench/run.md
	@awk -v run=$B/bench/run.md '/^<!-- run/ { print; while ((getline line <run) > 0) print line; skip = 1 } /^<!-- end/ { skip = 0 } !skip' \
	    docs/performance.md >$B/bench/performance.md
	@grep -q '^<!-- end' $B/bench/performance.md && cp $B/bench/performance.md docs/performance.md
	@git --no-pager diff --stat docs/performance.md
