# make dist: the source tarball, the same bytes whenever and wherever it is made from a commit. make deb: the Debian package.
DIST := vmlab-$(VERSION)
.PHONY: dist deb check-dist check-install
dist:
	@sh packaging/dist.sh $(DIST) build/dist

check-dist:
	@sh packaging/check-dist.sh $(DIST) $(MAKE)

deb: dist
	@sh mk/deps.sh dist build test
	@sh packaging/deb.sh $(DIST) $(VERSION)

# A clean clone builds and installs, and what is installed runs without it.
check-install:
	@sh packaging/check-install.sh $(MAKE)

# mk/deps.sh on machines that this one is not.
TEST_TARGETS += test-deps
.PHONY: test-deps
test-deps:
	@sh packaging/tests/deps.sh
