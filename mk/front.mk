# The front end: documents and completions made from its tables, their installation, the tests of the command line.
DESCRIBE := $B/tools/describe
$(DESCRIBE): $B/tools/describe.o $B/tools/shells.o $B/libtui.a $B/libvmm.a
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $B/libtui.a $B/libvmm.a $(VMM_LIBS) $(TUI_LIBS)
-include $B/tools/describe.d $B/tools/shells.d

COMPLETIONS := $B/completions/vmlab.bash $B/completions/_vmlab $B/completions/vmlab.fish
$B/completions/vmlab.bash: SHELL_NAME := bash
$B/completions/_vmlab: SHELL_NAME := zsh
$B/completions/vmlab.fish: SHELL_NAME := fish
$(COMPLETIONS): $(DESCRIBE)
	@mkdir -p $(@D)
	$Q$(DESCRIBE) $(SHELL_NAME) > $@

# Tab in every shell that has completions, and what two formatters say about the manual.
.PHONY: check-shells
check-shells: all $(COMPLETIONS) $(TEST_DEPS_STAMP)
	@sh mk/deps.sh shells
	@bash packaging/tests/shells.sh $B bash zsh fish
	@sh packaging/tests/man.sh docs/vmlab.1

# make docs: write the generated documents; test-docs fails when they are not what the tables say.
.PHONY: docs test-docs test-cli install-front
docs: $(DESCRIBE)
	$(DESCRIBE) commands > docs/commands.md
	$(DESCRIBE) man < docs/vmlab.1.in > docs/vmlab.1

TEST_TARGETS += test-docs test-cli
test-docs: all $(DESCRIBE) $(COMPLETIONS) $(TEST_DEPS_STAMP)
	@bash tests/cli/docs.sh $B
	@bash packaging/tests/shells.sh $B bash

test-cli: all
	@sh tests/cli/run.sh $B

install: install-front
install-front: $(COMPLETIONS)
	install -Dm644 docs/vmlab.1 "$(DESTDIR)$(PREFIX)/share/man/man1/vmlab.1"
	install -Dm644 $B/completions/vmlab.bash "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vmlab"
	install -Dm644 $B/completions/_vmlab "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_vmlab"
	install -Dm644 $B/completions/vmlab.fish "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/vmlab.fish"
