#include "emit.h"

#include <stdlib.h>
#include <string.h>

#define HISTORY_MAX 1024

/* Fingerprints written so far: a schema that never changed is listed once. */
struct seen {
    uint64_t fingerprints[HISTORY_MAX];
    size_t count;
};

static bool add_seen(struct seen *seen, uint64_t fingerprint)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->fingerprints[i] == fingerprint)
            return false;
    if (seen->count == HISTORY_MAX)
        return false;
    seen->fingerprints[seen->count++] = fingerprint;
    return true;
}

static bool fingerprint_of(const struct schema_set *set,
                           const struct named *type, uint64_t *fingerprint)
{
    char *canonical = schema_text(set, type, true);
    if (canonical == NULL)
        return false;
    *fingerprint = schema_crc64(canonical, strlen(canonical));
    free(canonical);
    return true;
}

static bool emit_messages(FILE *out, const struct schema_set *set,
                          struct seen *seen)
{
    fputs("\nconst struct cw_record_type *const cw_record_messages[] = {\n",
          out);
    size_t count = 0;
    for (size_t i = 0; i < set->type_count; i++) {
        const struct named *type = &set->types[i];
        uint64_t fingerprint;
        if (type->topic == NULL)
            continue;
        if (!fingerprint_of(set, type, &fingerprint) ||
            !add_seen(seen, fingerprint))
            return false;
        fprintf(out, "    &cw_%s_type,\n", type->snake);
        count++;
    }
    fprintf(out, "};\nconst size_t cw_record_message_count = %zu;\n", count);
    return count > 0;
}

static bool emit_release(FILE *out, const struct schema_set *set,
                         struct seen *seen, size_t *count)
{
    for (size_t i = 0; i < set->type_count; i++) {
        const struct named *type = &set->types[i];
        uint64_t fingerprint;
        if (type->topic == NULL)
            continue;
        if (!fingerprint_of(set, type, &fingerprint))
            return false;
        if (!add_seen(seen, fingerprint))
            continue;
        char *schema = schema_text(set, type, false);
        if (schema == NULL)
            return false;
        fprintf(out, "    {UINT64_C(0x%016llx), \"%s\",\n    \"",
                (unsigned long long)fingerprint, type->name);
        emit_escaped(out, schema);
        fputs("\"},\n", out);
        free(schema);
        (*count)++;
    }
    return true;
}

bool emit_table(FILE *out, const struct schema_set *set,
                const struct schema_set *history, size_t history_count)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    if (seen == NULL)
        return false;
    size_t count = 0;
    fputs("/*\n * Made by avro2c: the message types of today and of earlier "
          "releases.\n */\n#include \"record/records.h\"\n",
          out);
    bool made = emit_messages(out, set, seen);
    fputs("\nconst struct cw_record_history cw_record_histories[] = {\n", out);
    for (size_t i = 0; made && i < history_count; i++)
        made = emit_release(out, &history[i], seen, &count);
    /* An array needs an element; the count leaves it out. */
    fprintf(out,
            "    {0, \"\", \"\"},\n};\n"
            "const size_t cw_record_history_count = %zu;\n",
            count);
    free(seen);
    return made;
}
