# The labs are read where they are (labs/), or where this installs them: beside the guests.
.PHONY: install-labs
install: install-labs
install-labs:
	find labs -type f ! -path '*/.*' -exec install -Dm644 '{}' '$(DESTDIR)$(PREFIX)/share/vmlab/{}' ';'
	install -Dm644 guests/hypercall.inc '$(DESTDIR)$(PREFIX)/share/vmlab/guests/hypercall.inc'

# Every lab can be solved as its text says, tells the usual mistakes by their names, and grading is not to be deceived.
# Mistakes and grade are hundreds of short processes that do what lint and the screen do; they are not run under TSan, where they take
# longer than all the rest.
.PHONY: test-labs
TEST_TARGETS += test-labs
test-labs: all $B/tests/labs/drive_screen $B/tests/labs/shoot $(TEST_DEPS_STAMP)
	@bash tests/labs/lint.sh $B/vmlab labs
	@bash tests/labs/screen.sh $B/tests/labs/drive_screen $B/vmlab labs
	@bash tests/labs/machines.sh $B/vmlab labs
	@bash tests/labs/record.sh $B/vmlab labs
	@bash tests/labs/captures.sh $B/tests/labs/shoot $B/vmlab labs $B/lab-captures
	$(if $(filter tsan,$(SAN)),,@bash tests/labs/mistakes.sh $B/vmlab labs)
	$(if $(filter tsan,$(SAN)),,@bash tests/labs/grade.sh $B/vmlab labs)

$B/tests/labs/drive_screen $B/tests/labs/shoot: %: %.o $B/tests/screen/vt.o
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $^ -lvterm -lutil
-include $B/tests/labs/drive_screen.d $B/tests/labs/shoot.d

# Each lab's first screen at 80x24, as docs/labs/NN-name.txt; test-labs compares. Look at them, then commit them.
.PHONY: lab-captures
lab-captures: all $B/tests/labs/shoot
	@mkdir -p docs/labs && rm -rf $B/lab-captures && mkdir -p $B/lab-captures
	@$B/tests/labs/shoot $B/vmlab labs docs/labs $B/lab-captures
