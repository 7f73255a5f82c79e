# The whole `make test` under a sanitizer, and the core under valgrind. A report of any process, also of one that ran in a
# pseudo-terminal, is written to a file; any such file fails the target.
.PHONY: check-asan check-tsan check-valgrind
check-asan check-tsan: check-%:
	@sh tests/san.sh $* $(MAKE) SAN=$* test

# valgrind reads memory that it saw nobody write, so it runs the tests of the core (no sanitizer), the guests included.
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --fair-sched=yes --child-silent-after-fork=yes
check-valgrind: all unit-bins
	@sh mk/deps.sh san
	@TEST_WRAP="$(VALGRIND)" UNIT_SECONDS=900 $(MAKE) --no-print-directory test-unit test-golden
