#include "core/outputs.h"

#include <stdlib.h>

#include "core/unpack.h"

#define ARENA_MAX ((size_t)8 << 30)
#define BODY_MAX  ((size_t)64 << 20)

struct output {
    int64_t stream_at;
    uint64_t sequence;
    enum cw_topic topic;
    uint32_t partition;
    const struct cw_record_type *type;
    const void *record; /* in the arena, with all it points to */
};

struct cw_outputs {
    struct cw_arena *arena;
    struct cw_arena *other; /* what stays moves there at a release */
    struct cw_pack body;
    struct output *all;
    size_t count;
    size_t capacity;
    uint32_t partition; /* of the message being taken */
    uint64_t next_sequence;
    uint64_t released;
};

enum cw_status cw_outputs_create(struct cw_outputs **made, struct cw_error *err)
{
    struct cw_outputs *outputs = calloc(1, sizeof(*outputs));
    if (outputs == NULL)
        return cw_fail(err, CW_NO_MEMORY, "outputs");
    cw_pack_init(&outputs->body, BODY_MAX);
    enum cw_status status = cw_arena_create(&outputs->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = cw_arena_create(&outputs->other, ARENA_MAX, err);
    if (status != CW_OK)
        cw_outputs_destroy(&outputs);
    else
        *made = outputs;
    return status;
}

void cw_outputs_destroy(struct cw_outputs **outputs)
{
    if (*outputs == NULL)
        return;
    cw_arena_destroy(&(*outputs)->arena);
    cw_arena_destroy(&(*outputs)->other);
    cw_pack_fini(&(*outputs)->body);
    free((*outputs)->all);
    free(*outputs);
    *outputs = NULL;
}

static enum cw_status push(struct cw_outputs *outputs,
                           const struct output *output, struct cw_error *err)
{
    if (outputs->count == outputs->capacity) {
        const size_t capacity = outputs->capacity ? outputs->capacity * 2 : 256;
        struct output *grown = realloc(outputs->all, capacity * sizeof(*grown));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "%zu outputs", capacity);
        outputs->all = grown;
        outputs->capacity = capacity;
    }
    outputs->all[outputs->count++] = *output;
    return CW_OK;
}

static enum cw_status take_item(void *to, const struct cw_item *item,
                                struct cw_error *err)
{
    struct cw_outputs *outputs = to;
    const struct output output = {
        .stream_at = item->stream_at,
        .sequence = outputs->next_sequence++,
        .topic = item->topic,
        .partition = outputs->partition,
        .type = cw_topic_item_type(item->topic),
        .record = item->record,
    };
    return push(outputs, &output, err);
}

enum cw_status cw_outputs_add(struct cw_outputs *outputs,
                              const struct cw_message *message,
                              struct cw_error *err)
{
    const struct cw_text value = cw_arena_text(outputs->arena, message->value);
    if (value.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message of %zu bytes",
                       message->value.size);
    outputs->partition = message->partition;
    return cw_unpack_message(message->topic, value, outputs->arena, take_item,
                             outputs, err);
}

static int in_order(const void *a, const void *b)
{
    const struct output *x = a;
    const struct output *y = b;
    if (x->stream_at != y->stream_at)
        return x->stream_at < y->stream_at ? -1 : 1;
    if (x->topic != y->topic)
        return x->topic < y->topic ? -1 : 1;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* Writes the record anew into the other arena, which outlives this round. */
static enum cw_status keep(struct cw_outputs *outputs, struct output *output,
                           struct cw_error *err)
{
    cw_pack_reset(&outputs->body);
    output->type->encode(output->record, &outputs->body);
    void *record = cw_arena_take(outputs->other, output->type->size);
    const void *bytes =
        cw_arena_copy(outputs->other, outputs->body.bytes, outputs->body.size);
    if (outputs->body.failed || record == NULL || bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%s", output->type->name);
    struct cw_unpack in = cw_unpack_of(bytes, outputs->body.size);
    output->record = record;
    return output->type->decode(record, &in, outputs->other, err);
}

enum cw_status cw_outputs_release(struct cw_outputs *outputs, int64_t until_at,
                                  cw_pipeline_take *take, void *to,
                                  struct cw_error *err)
{
    enum cw_status status = CW_OK;
    size_t done = 0;
    if (outputs->count > 0)
        qsort(outputs->all, outputs->count, sizeof(*outputs->all), in_order);
    for (; done < outputs->count && outputs->all[done].stream_at <= until_at &&
           status == CW_OK;
         done++)
        status = take(to, outputs->all[done].topic, outputs->all[done].type,
                      outputs->all[done].record, err);
    outputs->released += done;
    for (size_t i = done; i < outputs->count && status == CW_OK; i++) {
        outputs->all[i - done] = outputs->all[i];
        status = keep(outputs, &outputs->all[i - done], err);
    }
    outputs->count -= done;
    cw_arena_reset(outputs->arena);
    struct cw_arena *full = outputs->other;
    outputs->other = outputs->arena;
    outputs->arena = full;
    return status;
}

uint64_t cw_outputs_released(const struct cw_outputs *outputs)
{
    return outputs->released;
}
