# The labs are read where they are (labs/), or where this installs them: beside the guests.
.PHONY: install-labs
install: install-labs
install-labs:
	find labs -type f ! -path '*/.*' -exec install -Dm644 '{}' '$(DESTDIR)$(PREFIX)/share/vmlab/{}' ';'
	install -Dm644 guests/hypercall.inc '$(DESTDIR)$(PREFIX)/share/vmlab/guests/hypercall.inc'
