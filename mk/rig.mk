# `make check-kvm`: the core, the guests and run control on a KVM that has everything, in the nested rig (tests/rig). With HOST=1 on this
# machine's own /dev/kvm, if the capability probe finds nothing missing there.
# RIG_SECONDS: its time limit. RIG_CPUS, RIG_MB: the size of the machine. The kernel is kept in build/rig.
RIG_DIR ?= build/rig
HOST    ?= 0
RIG_NEEDS = $B/vmlab guests os unit-bins $(GOLDEN_BIN) $B/tests/difftest
.PHONY: check-kvm check-kvm-0 check-kvm-1 rig-needs rig-run
check-kvm: check-kvm-$(HOST)

rig-needs: $(RIG_NEEDS) $(RIG_DIR)/ready

check-kvm-0: rig-needs
	@sh tests/rig/truth.sh $(RIG_DIR) $B
	@sh tests/rig/rig.sh $(RIG_DIR) $B sh tests/rig/checks.sh $B

check-kvm-1: $(RIG_NEEDS)
	@sh tests/rig/checks.sh $B

$(RIG_DIR)/ready:
	@sh mk/deps.sh rig
	@sh tests/rig/kernel.sh $(RIG_DIR)

# make rig-run RUN='build/vmlab engines': one command in the rig.
rig-run: rig-needs
	@sh tests/rig/rig.sh $(RIG_DIR) $B $(RUN)
