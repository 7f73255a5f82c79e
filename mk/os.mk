# 1K OS. build/os-1k/kernel.bin is the kernel with the programs in it; kernel-uart.bin and kernel-kbd.bin differ in where its
# console is. OSCONSOLE=uart or kbd makes kernel.bin that one. gcc -m32 freestanding: no C library is needed.
OSCONSOLE ?= hypercall
OSO       := $B/os-1k
OS_CFLAGS := -m32 -march=i486 -std=gnu2x -O2 -g -ffreestanding -fno-pic -fno-stack-protector -fno-omit-frame-pointer \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -mgeneral-regs-only -fcf-protection=none -Wall -Wextra -Werror
OS_LD     := ld -m elf_i386 --build-id=none -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments

OS_KERNEL := $(patsubst os-1k/%,$(OSO)/%.o,$(filter-out os-1k/kernel/console_%,$(sort $(wildcard os-1k/kernel/*.[cS]))) os-1k/common/lib.c)
OS_PROGS  := $(patsubst os-1k/user/%.c,$(OSO)/root/bin/%,$(filter-out os-1k/user/lib.c,$(sort $(wildcard os-1k/user/*.c))))
OS_FILES  := $(patsubst os-1k/files/%,$(OSO)/root/%,$(sort $(wildcard os-1k/files/*)))
OS_DEVICE.uart := uart
OS_DEVICE.kbd  := keyboard
OS_DEVICE.hypercall := hypercall

.PHONY: os
os: $(OSO)/kernel.bin $(OSO)/kernel-uart.bin $(OSO)/kernel-kbd.bin
all: os

$(OSO)/%.c.o: os-1k/%.c mk/os.mk | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  CC32 $<"
	$Q$(CC) $(OS_CFLAGS) -MMD -MP -c -o $@ $<

$(OSO)/%.S.o: os-1k/%.S | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  AS32 $<"
	$Q$(CC) -m32 -g -I$(OSO) -c -o $@ $<

$(OSO)/kernel/boot.S.o: $(OSO)/archive.tar

# The programs of the archive are flat images; build/os-1k/user/NAME.elf has the symbols.
$(OSO)/user/%.elf: $(OSO)/user/%.c.o $(OSO)/user/lib.c.o $(OSO)/common/lib.c.o os-1k/user/user.ld
	$Q$(OS_LD) -T os-1k/user/user.ld -o $@ $(filter %.o,$^)
$(OSO)/root/bin/%: $(OSO)/user/%.elf
	@mkdir -p $(@D)
	$Qobjcopy -O binary $< $@ && chmod -x $@
$(OSO)/root/%.txt: os-1k/files/%.txt
	@mkdir -p $(@D)
	$Qcp $< $@

# The same bytes whenever and by whomever it is made.
$(OSO)/archive.tar: $(OS_PROGS) $(OS_FILES)
	@echo "  TAR  $@"
	$Qtar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 -b 1 -C $(OSO)/root -cf $@ $(patsubst $(OSO)/root/%,%,$^)

os_link = $(OS_LD) -T os-1k/kernel/kernel.ld -o $(@:.bin=.elf) $(filter %.o,$^) && objcopy -O binary $(@:.bin=.elf) $@ && chmod -x $@
$(OSO)/kernel.bin: $(OS_KERNEL) $(OSO)/kernel/console_$(OS_DEVICE.$(OSCONSOLE)).c.o os-1k/kernel/kernel.ld
	@echo "  LD32 $@"
	$Q$(os_link)
$(OSO)/kernel-%.bin: $(OS_KERNEL) os-1k/kernel/kernel.ld
	@echo "  LD32 $@"
	$Q$(os_link)
$(OSO)/kernel-uart.bin: $(OSO)/kernel/console_uart.c.o
$(OSO)/kernel-kbd.bin: $(OSO)/kernel/console_keyboard.c.o

# Tests: OS_BYTES is how much is typed at once.
TEST_TARGETS += test-os test-os-disk
.PHONY: test-os test-os-disk os-readme
test-os: os $B/vmlab
	@sh tests/os/lines.sh
	@sh tests/os/link.sh
	@OS_BYTES=$(or $(OS_BYTES),100000) sh tests/os/run.sh $B --engine soft
test-os-disk: os $B/vmlab
	@sh tests/os/disk.sh $B --engine soft

# The table in os-1k/README.md, counted anew.
os-readme:
	@sed '/^| file /,$$d' os-1k/README.md >$B/os-readme.md && sh os-1k/lines.sh >>$B/os-readme.md && cp $B/os-readme.md os-1k/README.md

install: install-os
.PHONY: install-os
install-os: os
	install -d "$(DESTDIR)$(PREFIX)/share/vmlab/os-1k"
	install -m644 $(OSO)/kernel.bin $(OSO)/kernel-uart.bin $(OSO)/kernel-kbd.bin "$(DESTDIR)$(PREFIX)/share/vmlab/os-1k"

-include $(wildcard $(OSO)/*/*.d)
