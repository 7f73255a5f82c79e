# Everything that can go wrong around the program: no memory, no room, no /dev/kvm, a hostile word, a terminal that goes away.
# Each ends in a sentence, the right status and the terminal as it was (tests/faults).
FAULTS := $B/tests/faults
TEST_TARGETS += test-faults

# What is put under the program: allocations that fail, a KVM that fails, a clock that jumps, hands that reach for the host.
SEAMS := $(patsubst tests/faults/%.c,$(FAULTS)/%.so,$(wildcard tests/faults/*.c))
$(SEAMS): $(FAULTS)/%.so: tests/faults/%.c
	@mkdir -p $(@D)
	@echo "  LINK $@"
	$Q$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -o $@ $< -ldl

.PHONY: test-faults
test-faults: all $(SEAMS) $(TEST_DEPS_STAMP)
	@sh tests/faults/run.sh $B $(SAN)
