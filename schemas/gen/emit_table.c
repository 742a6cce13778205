#include "emit.h"

#include <stdlib.h>
#include <string.h>

#include "resolve_plan.h"

#define HISTORY_MAX 1024

/* Schemas before today's that go into the table, one fingerprint once. */
struct past {
    const struct schema_set *set;
    const struct named *type;
    size_t release;
    uint64_t fingerprint;
};

struct table {
    uint64_t today[SCHEMA_TYPE_MAX];
    size_t today_count;
    struct past past[HISTORY_MAX];
    size_t past_count;
    bool failed;
};

static bool is_listed(const struct table *table, uint64_t fingerprint)
{
    for (size_t i = 0; i < table->today_count; i++)
        if (table->today[i] == fingerprint)
            return true;
    for (size_t i = 0; i < table->past_count; i++)
        if (table->past[i].fingerprint == fingerprint)
            return true;
    return false;
}

static void emit_messages(FILE *out, const struct schema_set *set,
                          struct table *table)
{
    fputs("\nconst struct cw_record_type *const cw_record_messages[] = {\n",
          out);
    for (size_t i = 0; i < set->type_count; i++) {
        const struct named *type = &set->types[i];
        if (type->topic == NULL)
            continue;
        table->failed |=
            !schema_fingerprint(set, type, &table->today[table->today_count++]);
        fprintf(out, "    &cw_%s_type,\n", type->snake);
    }
    fprintf(out, "};\nconst size_t cw_record_message_count = %zu;\n",
            table->today_count);
}

/* A release whose message cannot be read any more is said, and left out: the
 * check of the schemas fails on it, not every build. */
static bool collect(struct table *table, const struct schema_set *now,
                    const struct schema_set *old, size_t release)
{
    bool fits = true;
    for (size_t i = 0; i < old->type_count; i++) {
        const struct named *type = &old->types[i];
        struct past past = {old, type, release, 0};
        if (type->topic == NULL)
            continue;
        if (!schema_fingerprint(old, type, &past.fingerprint))
            return false;
        if (is_listed(table, past.fingerprint))
            continue;
        if (!plan_check(now, old, type))
            fits = false;
        else if (table->past_count < HISTORY_MAX)
            table->past[table->past_count++] = past;
    }
    return fits;
}

static void emit_plans(FILE *out, const struct schema_set *now,
                       const struct table *table,
                       const struct schema_set *history, size_t history_count)
{
    for (size_t release = 0; release < history_count; release++) {
        bool marked[SCHEMA_TYPE_MAX] = {false};
        for (size_t i = 0; i < table->past_count; i++)
            if (table->past[i].release == release)
                plan_mark(table->past[i].set, table->past[i].type, marked);
        plan_emit(out, now, &history[release], release, marked);
    }
}

static void emit_past(FILE *out, const struct past *past, bool *failed)
{
    char *schema = schema_text(past->set, past->type, false);
    *failed |= schema == NULL;
    if (schema == NULL)
        return;
    fprintf(out, "    {UINT64_C(0x%016llx), \"%s\", &plan_%zu_%s,\n    \"",
            (unsigned long long)past->fingerprint, past->type->name,
            past->release, past->type->snake);
    emit_escaped(out, schema);
    fputs("\"},\n", out);
    free(schema);
}

enum emit_result emit_table(FILE *out, const struct schema_set *set,
                            const struct schema_set *history,
                            size_t history_count)
{
    struct table *table = calloc(1, sizeof(*table));
    bool fits = true;
    if (table == NULL)
        return EMIT_FAILED;
    fputs("/*\n * Made by avro2c: the message types of today and of earlier "
          "releases.\n */\n#include \"record/records.h\"\n"
          "#include \"record/resolve.h\"\n",
          out);
    emit_messages(out, set, table);
    for (size_t i = 0; i < history_count; i++)
        fits &= collect(table, set, &history[i], i);
    emit_plans(out, set, table, history, history_count);
    fputs("\nconst struct cw_record_history cw_record_histories[] = {\n", out);
    for (size_t i = 0; i < table->past_count; i++)
        emit_past(out, &table->past[i], &table->failed);
    /* An array needs an element; the count leaves it out. */
    fprintf(out,
            "    {0, \"\", NULL, \"\"},\n};\n"
            "const size_t cw_record_history_count = %zu;\n",
            table->past_count);
    const bool failed = table->failed;
    free(table);
    return failed ? EMIT_FAILED : fits ? EMIT_OK : EMIT_UNREADABLE;
}
