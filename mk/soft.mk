# The software CPU's handlers go on from one to the next by tail calls. Where the compiler is sure to make jumps of them
# (-O2 without instrumentation) they do; else a loop calls them (vmm/engine/soft/op.h).
SOFT_OBJ := $(patsubst %.c,$B/%.o,$(wildcard vmm/engine/soft/*.c))
ifeq ($(SAN)$(findstring -O0,$(OPT))$(findstring -O1,$(OPT))$(findstring -Og,$(OPT))$(findstring -fsanitize,$(CFLAGS)),)
$(SOFT_OBJ): CFLAGS += -foptimize-sibling-calls -fomit-frame-pointer -DSOFT_TAIL_CALLS
endif
