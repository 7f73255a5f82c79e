# Every warning of two compilers, cppcheck, and the rules of the house that a machine can check.
.PHONY: lint lint-gcc lint-clang lint-cppcheck test-house
lint: lint-gcc lint-clang lint-cppcheck
	@echo "lint: 3 passed, 0 failed"

# The compiler that builds here anyway has said what it has to say; the other one need not build.
lint-$(CC): all unit-bins
lint-gcc lint-clang: lint-%: $(DEPS_STAMP)
	@sh mk/deps.sh lint test
	@$(if $(filter $(CC),$*),:,$* -fsyntax-only -std=gnu11 $(WARN) $(CPPFLAGS) $(INC.lua) $(VMM_SRC) $(TUI_SRC) $(filter-out tests/faults/%,$(wildcard tests/*/*.c)))

# zerodivcond, nullPointerRedundantCheck: soft_raise() and soft_fail() do not return, which cppcheck does not see across files.
# shiftTooManyBitsSigned: gcc and clang both define the shift of a negative number.
# constStatement: `(void)a, (void)b;` says that two parameters are not used, and cppcheck 2.20 finds the comma suspicious.
# autoVariables: a pointer to a local that is taken back before the function returns is fine, and cppcheck does not see that it is.
CPPCHECK := cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 --inline-suppr -D__GNUC__ -D__x86_64__ \
    -I. --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=normalCheckLevelMaxBranches --suppress=autoVariables --suppress=shiftTooManyBitsSigned \
    --suppress=constStatement --suppress=zerodivcond:vmm/engine/soft/integer.c --suppress=nullPointerRedundantCheck:vmm/engine/soft/code.c -j 2
lint-cppcheck:
	@sh mk/deps.sh lint
	@$(CPPCHECK) vmm tui

TEST_TARGETS += test-house
test-house: all $(TEST_DEPS_STAMP)
	@sh tests/house/check.sh
	@bash tests/house/docs.sh $B $(firstword $(MAKE))
