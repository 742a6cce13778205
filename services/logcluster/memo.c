#include "memo.h"

#include <stdlib.h>

struct answer {
    struct memo_key key;
    struct pattern *pattern; /* NULL: empty */
};

struct memo {
    struct answer answers[MEMO_SIZE];
};

enum cw_status memo_create(struct memo **made, struct cw_error *err)
{
    *made = calloc(1, sizeof(**made));
    return *made != NULL ? CW_OK : cw_fail(err, CW_NO_MEMORY, "memo");
}

void memo_destroy(struct memo **memo)
{
    free(*memo);
    *memo = NULL;
}

static size_t place(struct memo_key key)
{
    return (size_t)(key.id ^ (key.id >> 32) ^
                    (uint64_t)key.owner * 0x9e3779b1u) &
           (MEMO_SIZE - 1);
}

struct pattern *memo_find(const struct memo *memo, struct memo_key key)
{
    const struct answer *answer = &memo->answers[place(key)];
    return answer->key.id == key.id &&
                   answer->key.generation == key.generation &&
                   answer->key.owner == key.owner
               ? answer->pattern
               : NULL;
}

void memo_put(struct memo *memo, struct memo_key key, struct pattern *pattern)
{
    memo->answers[place(key)] = (struct answer){key, pattern};
}
