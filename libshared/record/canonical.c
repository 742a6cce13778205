#include "record/canonical.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/map64.h"
#include "record/records.h"

#define CANONICAL_FLAGS (JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY)
#define KEY_FIELD_MAX   4

/* What names a record over its revisions; a type not here is its content. */
static const struct identity {
    const struct cw_record_type *type;
    const char *fields[KEY_FIELD_MAX];
} identities[] = {
    {&cw_said_type, {"said_id"}},
    {&cw_series_type, {"definition.id"}},
    {&cw_pattern_type, {"pattern_id", "entity"}},
    {&cw_anomaly_type, {"anomaly_id"}},
    {&cw_evidence_type, {"entity", "from_at"}},
    {&cw_topology_edge_type, {"caller", "callee", "kind", "source"}},
    {&cw_incident_type, {"incident_id"}},
    {&cw_ledger_entry_type, {"alert_id"}},
    {&cw_notice_type, {"notice_id"}},
    {&cw_cause_type, {"incident_id"}},
    {&cw_action_type, {"action_id"}},
    {&cw_delivery_type, {"notice_id", "target"}},
    {&cw_audit_type, {"chain", "sequence"}},
    {&cw_manifest_type, {"prefix"}},
};
#define IDENTITY_COUNT (sizeof(identities) / sizeof(identities[0]))

static const struct cw_record_type *const passing[] = {
    &cw_snapshot_type,  &cw_mark_type,        &cw_clock_type,
    &cw_verdict_type,   &cw_dead_letter_type, &cw_metric_run_batch_type,
    &cw_log_batch_type, &cw_span_batch_type,  &cw_event_batch_type,
};

bool cw_canonical_is_final(const struct cw_record_type *type)
{
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (passing[i] == type)
            return false;
    return true;
}

/* Takes json, which may be NULL. The caller frees the text. */
static char *dump(json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, CANONICAL_FLAGS);
    json_decref(json);
    return text;
}

/* Copies text, which may be NULL, into the arena and frees it. */
static enum cw_status lend(char *text, struct cw_arena *arena,
                           struct cw_text *lent, struct cw_error *err)
{
    const struct cw_text copy = text == NULL
                                    ? (struct cw_text){NULL, 1}
                                    : cw_arena_text(arena, cw_text_of(text));
    free(text);
    if (copy.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "canonical text");
    *lent = copy;
    return CW_OK;
}

enum cw_status cw_canonical_text(const struct cw_record_type *type,
                                 const void *record, struct cw_arena *arena,
                                 struct cw_text *text, struct cw_error *err)
{
    return lend(dump(type->json(record, true)), arena, text, err);
}

static const struct identity *identity_of(const struct cw_record_type *type)
{
    for (size_t i = 0; i < IDENTITY_COUNT; i++)
        if (identities[i].type == type)
            return &identities[i];
    return NULL;
}

/* "definition.id" */
static json_t *member_at(json_t *object, const char *path)
{
    const char *dot = strchr(path, '.');
    if (dot == NULL)
        return json_object_get(object, path);
    return member_at(json_object_getn(object, path, (size_t)(dot - path)),
                     dot + 1);
}

static json_t *tenant_of(json_t *object)
{
    json_t *meta = json_object_get(object, "meta");
    json_t *tenant = json_object_get(meta ? meta : object, "tenant");
    return tenant ? json_incref(tenant) : json_string("");
}

/* [tenant, what names it]. The caller frees; NULL: no memory. */
static char *key_text(const struct cw_record_type *type, const void *record)
{
    const struct identity *identity = identity_of(type);
    json_t *object = type->json(record, true);
    json_t *key = json_array();
    int failed = object == NULL;
    failed |= json_array_append_new(key, tenant_of(object));
    for (size_t i = 0; identity && i < KEY_FIELD_MAX && identity->fields[i];
         i++)
        failed |=
            json_array_append(key, member_at(object, identity->fields[i]));
    if (identity == NULL)
        failed |= json_array_append_new(
            key, json_integer((json_int_t)type->content_id(record)));
    json_decref(object);
    if (failed == 0)
        return dump(key);
    json_decref(key);
    return NULL;
}

enum cw_status cw_canonical_key(const struct cw_record_type *type,
                                const void *record, struct cw_arena *arena,
                                struct cw_text *key, struct cw_error *err)
{
    return lend(key_text(type, record), arena, key, err);
}

struct entry {
    const struct cw_record_type *type;
    char *key;
    char *line;
    int64_t revision;
};

struct cw_canonical_fold {
    struct entry **entries;  /* in order of the first put */
    struct entry **sorted;   /* the same, once ended */
    struct cw_map64 *places; /* id of type and key -> index in entries */
    size_t count;
    size_t capacity; /* of both */
    size_t max_count;
};

enum cw_status cw_canonical_fold_create(struct cw_canonical_fold **made,
                                        size_t max_count, struct cw_error *err)
{
    struct cw_canonical_fold *fold = calloc(1, sizeof(*fold));
    if (fold == NULL)
        return cw_fail(err, CW_NO_MEMORY, "fold");
    fold->max_count = max_count;
    const enum cw_status status =
        cw_map64_create(&fold->places, max_count, err);
    if (status != CW_OK)
        cw_canonical_fold_destroy(&fold);
    else
        *made = fold;
    return status;
}

static void free_entry(struct entry *entry)
{
    if (entry == NULL)
        return;
    free(entry->key);
    free(entry->line);
    free(entry);
}

void cw_canonical_fold_destroy(struct cw_canonical_fold **fold)
{
    if (*fold == NULL)
        return;
    for (size_t i = 0; i < (*fold)->count; i++)
        free_entry((*fold)->entries[i]);
    free((*fold)->entries);
    free((*fold)->sorted);
    cw_map64_destroy(&(*fold)->places);
    free(*fold);
    *fold = NULL;
}

static bool is_entry(const struct entry *a, const struct entry *b)
{
    assert(a->key != NULL && b->key != NULL);
    return a->type == b->type && strcmp(a->key, b->key) == 0;
}

/* The entry of the same type and key, or NULL and the id that is free. */
static struct entry *find(const struct cw_canonical_fold *fold,
                          const struct entry *entry, uint64_t *id)
{
    uint64_t place;
    *id = cw_hash_mix_text(entry->type->fingerprint, cw_text_of(entry->key));
    while (cw_map64_find(fold->places, *id, &place)) {
        struct entry *found = fold->entries[place];
        if (is_entry(found, entry))
            return found;
        *id = cw_hash_mix(*id, 1); /* two keys of one hash */
    }
    return NULL;
}

static bool resize(struct entry ***list, size_t capacity)
{
    struct entry **resized = realloc(*list, capacity * sizeof(struct entry *));
    if (resized != NULL)
        *list = resized;
    return resized != NULL;
}

/* Room to sort is made here, so the end cannot fail. */
static bool grow(struct cw_canonical_fold *fold)
{
    if (fold->count < fold->capacity)
        return true;
    const size_t capacity = fold->capacity ? 2 * fold->capacity : 64;
    if (!resize(&fold->entries, capacity) || !resize(&fold->sorted, capacity))
        return false;
    fold->capacity = capacity;
    return true;
}

/* Takes *entry. */
static enum cw_status add(struct cw_canonical_fold *fold, struct entry **entry,
                          uint64_t id, struct cw_error *err)
{
    if (fold->count == fold->max_count)
        return cw_fail(err, CW_FULL, "more than %zu records to compare",
                       fold->max_count);
    if (!grow(fold))
        return cw_fail(err, CW_NO_MEMORY, "fold");
    const enum cw_status status =
        cw_map64_put(fold->places, id, fold->count, err);
    if (status != CW_OK)
        return status;
    fold->entries[fold->count++] = *entry;
    *entry = NULL;
    return CW_OK;
}

/* Every message begins with its Meta (canonical_test.c); an item of a batch
 * has neither Meta nor revisions. */
static int64_t revision_of(const struct cw_record_type *type,
                           const void *record)
{
    return type->topic != NULL ? ((const struct cw_meta *)record)->revision : 0;
}

static char *line_text(const struct cw_record_type *type, const char *key,
                       const void *record)
{
    json_t *line = json_object();
    int failed = json_object_set_new(line, "type", json_string(type->name));
    failed |= json_object_set_new(line, "record", type->json(record, true));
    failed |=
        json_object_set_new(line, "key", json_loads(key, JSON_ALLOW_NUL, NULL));
    if (failed == 0)
        return dump(line);
    json_decref(line);
    return NULL;
}

static struct entry *make_entry(const struct cw_record_type *type,
                                const void *record)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    entry->type = type;
    entry->revision = revision_of(type, record);
    entry->key = key_text(type, record);
    if (entry->key != NULL)
        entry->line = line_text(type, entry->key, record);
    if (entry->line != NULL)
        return entry;
    free_entry(entry);
    return NULL;
}

/* Leaves the old line in entry, to be freed with it. */
static void replace(struct entry *old, struct entry *entry)
{
    char *line = old->line;
    old->line = entry->line;
    old->revision = entry->revision;
    entry->line = line;
}

enum cw_status cw_canonical_fold_put(struct cw_canonical_fold *fold,
                                     const struct cw_record_type *type,
                                     const void *record, struct cw_error *err)
{
    if (!cw_canonical_is_final(type))
        return CW_OK;
    struct entry *entry = make_entry(type, record);
    enum cw_status status = CW_OK;
    uint64_t id;
    if (entry == NULL)
        return cw_fail(err, CW_NO_MEMORY, "canonical %s", type->name);
    struct entry *old = find(fold, entry, &id);
    if (old == NULL)
        status = add(fold, &entry, id, err);
    else if (entry->revision >= old->revision)
        replace(old, entry);
    free_entry(entry);
    return status;
}

static int by_type_and_key(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a;
    const struct entry *y = *(struct entry *const *)b;
    const int order = strcmp(x->type->name, y->type->name);
    return order != 0 ? order : strcmp(x->key, y->key);
}

size_t cw_canonical_fold_end(struct cw_canonical_fold *fold)
{
    if (fold->count == 0)
        return 0;
    memcpy(fold->sorted, fold->entries, fold->count * sizeof(struct entry *));
    qsort(fold->sorted, fold->count, sizeof(struct entry *), by_type_and_key);
    return fold->count;
}

struct cw_text cw_canonical_fold_line(const struct cw_canonical_fold *fold,
                                      size_t index)
{
    return cw_text_of(fold->sorted[index]->line);
}
