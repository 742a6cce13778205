#include "correlate/fingerprint.h"

#include "base/hash.h"

static const char *const plain_fields[] = {"source", "key", "entity", "title",
                                           "severity"};
#define PLAIN_COUNT  (sizeof(plain_fields) / sizeof(plain_fields[0]))
#define LABEL_PREFIX CW_TEXT("label:")

static bool is_field(struct cw_text field)
{
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        if (cw_text_is(field, plain_fields[i]))
            return true;
    return cw_text_starts(field, LABEL_PREFIX) &&
           field.size > LABEL_PREFIX.size;
}

static struct cw_text trimmed(struct cw_text text)
{
    while (text.size > 0 && text.bytes[0] == ' ') {
        text.bytes++;
        text.size--;
    }
    while (text.size > 0 && text.bytes[text.size - 1] == ' ')
        text.size--;
    return text;
}

enum cw_status corr_fingerprint_parse(struct corr_fingerprint *fingerprint,
                                      const char *fields, struct cw_error *err)
{
    struct corr_fingerprint parsed = {.count = 0};
    for (const char *at = fields; at != NULL && *at != '\0';) {
        const size_t size = strcspn(at, ",");
        const struct cw_text field = trimmed((struct cw_text){at, size});
        if (!is_field(field))
            return cw_fail(err, CW_BAD_CONFIG,
                           "fingerprint: no field \"%.*s\"; there are source, "
                           "key, entity, title, severity, label:NAME",
                           CW_TEXT_ARG(field));
        if (parsed.count == CORR_FIELDS_MAX)
            return cw_fail(err, CW_BAD_CONFIG, "fingerprint: over %u fields",
                           CORR_FIELDS_MAX);
        parsed.fields[parsed.count++] = field;
        at += size + (at[size] == ',');
    }
    *fingerprint = parsed;
    return CW_OK;
}

static uint64_t mix_entity(uint64_t hash, struct cw_entity entity)
{
    hash = cw_hash_mix_text(hash, entity.kind);
    return cw_hash_mix_text(hash, entity.name);
}

static struct cw_text label_of(const struct cw_event *event,
                               struct cw_text name)
{
    for (size_t i = 0; i < event->labels_count; i++)
        if (cw_text_equal(event->labels[i].key, name))
            return event->labels[i].value;
    return (struct cw_text){"", 0};
}

static uint64_t mix_field(uint64_t hash, struct cw_text field,
                          const struct cw_event *event)
{
    hash = cw_hash_mix_text(hash, field);
    if (cw_text_is(field, "source"))
        return cw_hash_mix_text(hash, event->source);
    if (cw_text_is(field, "key"))
        return cw_hash_mix_text(hash, event->dedup_key);
    if (cw_text_is(field, "entity"))
        return mix_entity(hash, event->entity);
    if (cw_text_is(field, "title"))
        return cw_hash_mix_text(hash, event->title);
    if (cw_text_is(field, "severity"))
        return cw_hash_mix(hash, (uint64_t)event->severity);
    const struct cw_text name = {field.bytes + LABEL_PREFIX.size,
                                 field.size - LABEL_PREFIX.size};
    return cw_hash_mix_text(hash, label_of(event, name));
}

static uint64_t by_default(const struct cw_event *event)
{
    uint64_t hash = mix_entity(cw_hash_text(event->source), event->entity);
    if (event->dedup_key.size > 0)
        return cw_hash_mix_text(hash, event->dedup_key);
    hash = cw_hash_mix_text(hash, event->title);
    for (size_t i = 0; i < event->labels_count; i++) {
        hash = cw_hash_mix_text(hash, event->labels[i].key);
        hash = cw_hash_mix_text(hash, event->labels[i].value);
    }
    return hash;
}

uint64_t corr_fingerprint_of(const struct corr_fingerprint *fingerprint,
                             const struct cw_event *event)
{
    if (fingerprint->count == 0)
        return by_default(event);
    uint64_t hash = 0;
    for (size_t i = 0; i < fingerprint->count; i++)
        hash = mix_field(hash, fingerprint->fields[i], event);
    return hash;
}
