# The whole `make test` under a sanitizer, and the core under valgrind. A report of any process, also of one that ran in a
# pseudo-terminal, is written to a file; any such file fails the target.
#
# Instrumented builds are ten to fifty times slower, so they do the same checks with fewer repetitions and longer deadlines:
#   DIFF_N         random cases of the differential tester (40000)     OS_BYTES, CLI_BYTES  how much is typed at once (100000, 850000)
#   STRESS_DIVIDE  rounds of the stress tests, divided by this (1)     CRASH_EVERY          crashes of the disk tests: every Nth (1)
#   UNIT_SECONDS   one test program (300)                              TEST_SECONDS         one wait or one run of vmlab (20 to 120)
SAN_LESS := DIFF_N=2000 OS_BYTES=10000
SAN_ENV  := STRESS_DIVIDE=20 CRASH_EVERY=2 CLI_BYTES=50000 UNIT_SECONDS=900 TEST_SECONDS=180
# Lab 10's race is between a guest's speed and the timer's wall clock; under TSan the guest is too slow for it to end on the screen in
# time, so there that lab is only checked by lint.
check-tsan: export LABS_NOT := 10-races
.PHONY: check-asan check-tsan check-valgrind
check-asan check-tsan: check-%:
	@$(SAN_ENV) sh tests/san.sh $* $(MAKE) SAN=$* $(SAN_LESS) test

# valgrind reads memory that it saw nobody write: it runs the unit tests of the core, the engines, the devices, and of the console, whose
# library no sanitizer sees into. (The front end's libraries keep memory until the end; its leaks are AddressSanitizer's to find, with
# tests/lsan.supp.)
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --fair-sched=yes --child-silent-after-fork=yes
VALGRIND_TESTS := core runctl reset reset_smp interrupts guest_io kvm_fail devices soft soft_protected soft_details soft_flags soft_smp stress console_log options screen_console
check-valgrind: all unit-bins
	@sh mk/deps.sh san
	@TEST_WRAP="$(VALGRIND)" $(SAN_ENV) sh tests/unit/run.sh $B $(VALGRIND_TESTS:%=$B/tests/unit/test_%)
