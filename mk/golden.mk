# Golden tests: every guest on every engine does exactly what tests/golden/NAME.golden says.
GOLDEN_BIN   := $B/tests/golden/golden
GOLDEN_OBJ   := $(patsubst %.c,$B/%.o,$(sort $(wildcard tests/golden/*.c)))
GOLDEN_FILES := $(sort $(wildcard tests/golden/*.golden))
TEST_TARGETS += test-golden

$(GOLDEN_BIN): $(GOLDEN_OBJ) $B/libtui.a $B/libvmm.a
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $(GOLDEN_OBJ) $B/libtui.a $B/libvmm.a $(VMM_LIBS) $(TUI_LIBS) -lcmocka

.PHONY: test-golden guests-readme
test-golden: $(GOLDEN_BIN) $B/vmlab guests
	@sh guests/readme.sh $B | cmp - guests/README.md || { echo "guests/README.md is not current: run make guests-readme" >&2; exit 1; }
	@VMLAB=$B/vmlab $(GOLDEN_BIN) $(GOLDEN_FILES)

# The table of sizes and exits in guests/README.md, from the binaries and the golden files.
guests-readme: guests
	@sh guests/readme.sh $B >$B/guests/README.md && cp $B/guests/README.md guests/README.md

-include $(GOLDEN_OBJ:.o=.d)
