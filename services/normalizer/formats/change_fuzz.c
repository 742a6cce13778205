/* Any bytes as changes: the properties of fuzz_desk.h. */
#include "../fuzz_desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    return fuzz_topic("changes", bytes, size);
}
