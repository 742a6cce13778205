/* A shard of a deciding core, and any bytes as its snapshot: the properties of
 * state.h. Built once a service. */
#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 0)
        state_load(bytes[0] % CORE.shard_count, bytes + 1, size - 1);
    return 0;
}
