# vmlab. `make run` opens the lab, `make test` checks it; both install what is missing first.
# B: where everything is built. SAN: asan, tsan or empty. CC: gcc or clang.
SAN    ?=
B      ?= build$(if $(SAN),/$(SAN))
CC     := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
PREFIX ?= /usr/local
V      ?= 0
Q      := $(if $(filter 0,$(V)),@)

VERSION := $(shell cat VERSION)
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
SANFLAGS.asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined
SANFLAGS.tsan := -fsanitize=thread
SANFLAGS := $(SANFLAGS.$(SAN))
OPT     ?= -O2
CFLAGS  := -std=gnu11 $(OPT) -g -fno-omit-frame-pointer $(WARN) $(SANFLAGS) $(EXTRA_CFLAGS)
CPPFLAGS := -I. -D_GNU_SOURCE -DVMLAB_VERSION='"$(VERSION)"' -DVMLAB_PREFIX='"$(PREFIX)"'
LDFLAGS := $(SANFLAGS) $(EXTRA_LDFLAGS)

VMM_LIBS := -lZydis -lpthread
TUI_LIBS := -lreadline -lncursesw -ltinfo -ltsm -lcmark -llua5.4 -lcjson -lm
INC.lua  := -I/usr/include/lua5.4

VMM_SRC := $(sort $(wildcard vmm/*.c vmm/*/*.c vmm/*/*/*.c))
TUI_SRC := $(sort $(wildcard tui/*.c tui/*/*.c))
VMM_OBJ := $(VMM_SRC:%.c=$B/%.o)
TUI_OBJ := $(TUI_SRC:%.c=$B/%.o)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run test install uninstall clean deps

all: $B/vmlab

# Each part adds its own rules: guests, the OS, tests, benches. Targets named `test-*` are what `make test` runs.
include $(sort $(wildcard mk/*.mk))

$B/vmlab: $(TUI_OBJ) $B/libvmm.a
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $(TUI_OBJ) $B/libvmm.a $(VMM_LIBS) $(TUI_LIBS)

$B/libvmm.a: $(VMM_OBJ)
	@echo "  AR   $@"
	$Qrm -f $@ && ar rcs $@ $^

# Everything of the front end but main(), for tests.
$B/libtui.a: $(filter-out $B/tui/main.o,$(TUI_OBJ))
	@echo "  AR   $@"
	$Qrm -f $@ && ar rcs $@ $^

$B/%.o: %.c | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$Q$(CC) $(CFLAGS) $(CPPFLAGS) $(INC.lua) -MMD -MP -c -o $@ $<

-include $(VMM_OBJ:.o=.d) $(TUI_OBJ:.o=.d)

# make run ARGS='hello counter': the lab on these guests (default: four).
run: all
	@exec $B/vmlab $(if $(ARGS),$(ARGS),hello counter multiplication fibonacci)

test: all $(TEST_TARGETS)
	@echo "all tests passed"

install: all
	install -Dm755 $B/vmlab "$(DESTDIR)$(PREFIX)/bin/vmlab"

# What install put there, and no other file.
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/vmlab" "$(DESTDIR)$(PREFIX)/share/man/man1/vmlab.1" "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vmlab" \
	    "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_vmlab" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/vmlab.fish"
	rm -rf "$(DESTDIR)$(PREFIX)/share/vmlab"

clean:
	rm -rf build
