# The labs are read where they are (labs/), or where this installs them: beside the guests.
.PHONY: install-labs
install: install-labs
install-labs:
	find labs -type f ! -path '*/.*' -exec install -Dm644 '{}' '$(DESTDIR)$(PREFIX)/share/vmlab/{}' ';'
	install -Dm644 guests/hypercall.inc '$(DESTDIR)$(PREFIX)/share/vmlab/guests/hypercall.inc'

# Every lab can be solved as its text says, tells the usual mistakes by their names, and grading is not to be deceived.
.PHONY: test-labs
TEST_TARGETS += test-labs
test-labs: all $(TEST_DEPS_STAMP)
	@bash tests/labs/lint.sh $B/vmlab labs
	@bash tests/labs/mistakes.sh $B/vmlab labs
	@bash tests/labs/grade.sh $B/vmlab labs
