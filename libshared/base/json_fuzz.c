/* Any bytes as JSON: limits hold, and what is taken, written out, reads back
 * equal. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Depth of the tree itself, to compare with what the scan measured. */
static size_t depth_of(json_t *tree)
{
    size_t deepest = 0;
    size_t i;
    const char *key;
    json_t *value;
    if (json_is_array(tree)) {
        json_array_foreach(tree, i, value)
        {
            const size_t depth = depth_of(value);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    if (!json_is_object(tree))
        return 0;
    for (void *at = json_object_iter(tree); at != NULL;
         at = json_object_iter_next(tree, at)) {
        key = json_object_iter_key(at);
        const size_t depth = depth_of(json_object_get(tree, key));
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct cw_json_limits limits = {1 << 16, 32};
    const struct cw_json_limits wider = {1 << 20, 32};
    json_t *tree = NULL;
    json_t *again = NULL;
    struct cw_error err;
    const struct cw_text text = {(const char *)bytes, size};
    const enum cw_status status = cw_json_parse(&tree, text, &limits, &err);
    if (status != CW_OK) {
        if (tree != NULL || strlen(err.text) == 0)
            abort();
        return 0;
    }
    if (depth_of(tree) > limits.depth_max)
        abort();
    char *written = json_dumps(tree, JSON_ENCODE_ANY | JSON_COMPACT);
    if (written == NULL ||
        cw_json_parse(&again, cw_text_of(written), &wider, &err) != CW_OK ||
        !json_equal(tree, again))
        abort();
    free(written);
    json_decref(again);
    json_decref(tree);
    return 0;
}
