# Finding and installing what the build needs. mk/deps.sh checks once and leaves a stamp; it says what it installs, and uses
# sudo only when something is missing and we are not root.
DEPS_STAMP := $B/.deps
deps: $(DEPS_STAMP)
$(DEPS_STAMP): mk/deps.sh mk/packages
	@mkdir -p $(@D)
	@sh mk/deps.sh build && touch $@
# What `make test` needs beyond the build.
TEST_DEPS_STAMP := $B/.deps-test
$(TEST_DEPS_STAMP): mk/deps.sh mk/packages | $(DEPS_STAMP)
	@mkdir -p $(@D)
	@sh mk/deps.sh build test && touch $@
