# The guests: each guests/NAME.S becomes build/guests/NAME.bin, a flat binary whose first byte is its first instruction.
#   as --32 hello.S -o hello.o && ld -m elf_i386 -Ttext 0 --oformat binary hello.o -o hello.bin
# `long` is 64-bit code and says so in GUEST_BITS; the entry address only matters to code that is not position independent.
GUESTS      := $(basename $(notdir $(sort $(wildcard guests/*.S))))
GUEST_BINS  := $(GUESTS:%=$B/guests/%.bin)
GUEST_BITS.long := 64
GUEST_LD.32 := -m elf_i386
GUEST_LD.64 := -m elf_x86_64
# Where the boot protocol of a guest loads it; 0 when it is not said.
GUEST_AT.crash  := 0x1000
GUEST_AT.flat32 := 0x1000
GUEST_AT.long   := 0x1000
guest_bits = $(or $(GUEST_BITS.$*),32)

.PHONY: guests
guests: $(GUEST_BINS)
all: guests

$B/guests/%.o: guests/%.S guests/hypercall.inc | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  AS   $<"
	$Qas --$(guest_bits) --fatal-warnings -I guests -o $@ $<

$B/guests/%.bin: $B/guests/%.o
	$Qld $(GUEST_LD.$(guest_bits)) -Ttext $(or $(GUEST_AT.$*),0) -e 0 --oformat binary -o $@ $<

.PHONY: install-guests
install: install-guests
install-guests: guests
	install -d "$(DESTDIR)$(PREFIX)/share/vmlab/guests"
	install -m644 $(GUEST_BINS) "$(DESTDIR)$(PREFIX)/share/vmlab/guests"
