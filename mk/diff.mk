# The differential tester: the software CPU against KVM and Unicorn (which is linked here and nowhere else).
#   make test-diff            the regression cases and a few seconds of random ones
#   make difftest N=1000000   the long run
DIFF_SRC := $(wildcard tests/diff/*.c)
DIFF_OBJ := $(DIFF_SRC:%.c=$B/%.o)
DIFF_N   ?= 40000
N        ?= 1000000
TEST_TARGETS += test-diff
.PHONY: test-diff difftest

# Unicorn has a cpu_reset() of its own, and must not find ours.
$B/tests/difftest: $(DIFF_OBJ) $B/libvmm.a
	@echo "  LINK $@"
	# Unicorn exports names like cpu_reset: ours must not take their place.
	$Q$(CC) $(LDFLAGS) -Wl,--version-script=tests/diff/exports.map -o $@ $(DIFF_OBJ) $B/libvmm.a $(VMM_LIBS) -lunicorn

$(DIFF_OBJ): | $(TEST_DEPS_STAMP)
-include $(DIFF_OBJ:.o=.d)

test-diff: $B/tests/difftest
	@echo "  TEST soft against the manual and Unicorn"
	$Q$B/tests/difftest --regress $(wildcard tests/diff/regress/*.case)
	$Q$B/tests/difftest --pair soft,unicorn --n $(DIFF_N) --quiet

difftest: $B/tests/difftest
	$Q$B/tests/difftest --pair soft,unicorn --n $(N) --coverage
	$Q$B/tests/difftest --pair soft,kvm --n $$(( $(N) / 4 )) --if-usable

# CPU test programs: faults, paging, rings, tasks, virtual-8086 mode, debugging. cputest kvm DIR NAME... runs them on KVM (in the rig).
CPUTEST_NAMES := $(basename $(notdir $(wildcard tests/diff/asm/*.S)))
CPUTEST_BINS  := $(CPUTEST_NAMES:%=$B/cputest/%.bin)
TEST_TARGETS  += test-cpu
.PHONY: test-cpu
$B/cputest/%.bin: tests/diff/asm/%.S tests/diff/asm/lab.inc | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  AS   $<"
	$Qgcc -m32 -Itests/diff/asm -c -o $(@:.bin=.o) $<
	$Qld -m elf_i386 -Ttext 0x10000 -e _start --oformat binary -o $@ $(@:.bin=.o)
$B/tests/cputest: $B/tests/diff/asm/run.o $B/libvmm.a
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $< $B/libvmm.a $(VMM_LIBS)
test-cpu: $B/tests/cputest $(CPUTEST_BINS)
	@echo "  TEST CPU test programs on soft"
	$Q$B/tests/cputest soft $B/cputest $(CPUTEST_NAMES)
