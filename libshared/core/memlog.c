#include "core/memlog.h"

#include <assert.h>
#include <stdlib.h>

struct partition {
    struct cw_message *messages; /* ring of capacity; [begin, end) are there */
    size_t capacity;             /* a power of two, or 0 */
    int64_t begin;
    int64_t end;
};

struct cw_memlog {
    uint32_t partitions;
    struct partition *all; /* topic * partitions + partition */
};

enum cw_status cw_memlog_create(struct cw_memlog **made, uint32_t partitions,
                                struct cw_error *err)
{
    struct cw_memlog *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return cw_fail(err, CW_NO_MEMORY, "memlog");
    log->partitions = partitions;
    log->all = calloc((size_t)CW_TOPIC_COUNT * partitions, sizeof(*log->all));
    if (log->all == NULL) {
        free(log);
        return cw_fail(err, CW_NO_MEMORY, "memlog");
    }
    *made = log;
    return CW_OK;
}

static struct partition *find(const struct cw_memlog *log, enum cw_topic topic,
                              uint32_t partition)
{
    assert(partition < log->partitions);
    return &log->all[(size_t)topic * log->partitions + partition];
}

static struct cw_message *slot(const struct partition *partition,
                               int64_t offset)
{
    return &partition->messages[(size_t)offset & (partition->capacity - 1)];
}

/* Key, header and value lie in one block, owned through the key. */
static void forget(struct partition *partition, int64_t until)
{
    for (; partition->begin < until && partition->begin < partition->end;
         partition->begin++) {
        union {
            const char *borrowed;
            void *owned;
        } block = {slot(partition, partition->begin)->key.bytes};
        free(block.owned);
    }
}

void cw_memlog_destroy(struct cw_memlog **log)
{
    if (*log == NULL)
        return;
    for (size_t i = 0; i < (size_t)CW_TOPIC_COUNT * (*log)->partitions; i++) {
        forget(&(*log)->all[i], INT64_MAX);
        free((*log)->all[i].messages);
    }
    free((*log)->all);
    free(*log);
    *log = NULL;
}

static bool grow(struct partition *partition)
{
    if ((size_t)(partition->end - partition->begin) < partition->capacity)
        return true;
    struct partition grown = *partition;
    grown.capacity = partition->capacity ? partition->capacity * 2 : 16;
    grown.messages = calloc(grown.capacity, sizeof(*grown.messages));
    if (grown.messages == NULL)
        return false;
    for (int64_t at = partition->begin; at < partition->end; at++)
        *slot(&grown, at) = *slot(partition, at);
    free(partition->messages);
    *partition = grown;
    return true;
}

static struct cw_text place(char **at, struct cw_text text)
{
    const struct cw_text placed = {*at, text.size};
    if (text.size > 0)
        memcpy(*at, text.bytes, text.size);
    *at += text.size;
    return placed;
}

enum cw_status cw_memlog_append(struct cw_memlog *log,
                                const struct cw_message *message,
                                struct cw_error *err)
{
    struct partition *partition = find(log, message->topic, message->partition);
    const size_t size =
        message->key.size + message->header.size + message->value.size;
    char *block = malloc(size ? size : 1);
    if (block == NULL || !grow(partition)) {
        free(block);
        return cw_fail(err, CW_NO_MEMORY, "message of %zu bytes", size);
    }
    struct cw_message *kept = slot(partition, partition->end++);
    *kept = *message;
    kept->key = place(&block, message->key);
    kept->header = place(&block, message->header);
    kept->value = place(&block, message->value);
    return CW_OK;
}

int64_t cw_memlog_end(const struct cw_memlog *log, enum cw_topic topic,
                      uint32_t partition)
{
    return find(log, topic, partition)->end;
}

int64_t cw_memlog_begin(const struct cw_memlog *log, enum cw_topic topic,
                        uint32_t partition)
{
    return find(log, topic, partition)->begin;
}

const struct cw_message *cw_memlog_get(const struct cw_memlog *log,
                                       enum cw_topic topic, uint32_t partition,
                                       int64_t offset)
{
    const struct partition *from = find(log, topic, partition);
    assert(offset >= from->begin && offset < from->end);
    return slot(from, offset);
}

void cw_memlog_trim(struct cw_memlog *log, enum cw_topic topic,
                    uint32_t partition, int64_t offset)
{
    forget(find(log, topic, partition), offset);
}
