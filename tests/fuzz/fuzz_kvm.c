/* fuzz_kvm.c: any state and memory on Linux KVM; see guest.h. */
#include "guest.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_need_kvm();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_guest(&engine_kvm, data, size);
    return 0;
}
