# Unit tests: every tests/unit/test_*.c is one cmocka program, linked with everything but main(). `make test-unit`, or one of them:
# `make unit-devices`.
UNIT_BINS := $(patsubst %.c,$B/%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_LIBS := $B/libtui.a $B/libvmm.a
TEST_TARGETS += test-unit

$B/tests/%.o: | $(TEST_DEPS_STAMP)

$(UNIT_BINS): %: %.o $(UNIT_LIBS)
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $< $(UNIT_LIBS) $(VMM_LIBS) $(TUI_LIBS) -lcmocka

.PHONY: test-unit unit-bins
unit-bins: $(UNIT_BINS)
test-unit: $(UNIT_BINS) guests
	@sh tests/unit/run.sh $B $(UNIT_BINS)

unit-%: $B/tests/unit/test_% guests
	@sh tests/unit/run.sh $B $<

-include $(UNIT_BINS:=.d)
