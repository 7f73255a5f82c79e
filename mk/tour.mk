# The README's tour, followed word by word in a real terminal.
TOUR := README.md
.PHONY: test-tour
test-tour: all
	@TOUR_BUILD=$B bash tests/tour/tour.sh $(TOUR)

# A README without a tour has nothing to follow yet.
TEST_TARGETS += $(if $(shell grep -lE '^```[a-z]+ tour$$' $(TOUR)),test-tour)
