/* fuzz_soft.c: any state and memory on the software CPU; see guest.h. */
#include "guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_guest(&engine_soft, data, size);
    return 0;
}
