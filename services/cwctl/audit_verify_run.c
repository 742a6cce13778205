/* What audit_verify checks is read here: keys, anchors, links. */
#include "audit_verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "core/topic.h"
#include "database.h"
#include "message_line.h"
#include "scan.h"

#define ARENA_MAX ((size_t)8 << 30)
#define KEY_MAX   4096

struct reading {
    struct client *client;
    struct cw_arena *arena; /* owns the texts of links and anchors */
    struct cw_audit *links;
    size_t count;
    size_t capacity;
    struct audit_anchor *anchors;
    struct cw_audit_key keys[AUDIT_KEYS_MAX];
    char bytes[AUDIT_KEYS_MAX][KEY_MAX];
    struct audit_proof proof;
};

/* ---- keys --------------------------------------------------------------- */

static enum cw_status read_key(struct call *call, struct reading *reading,
                               struct cw_text word, struct cw_error *err)
{
    char path[4096];
    const char *id = call_option(call, "key-id");
    const char *equals = memchr(word.bytes, '=', word.size);
    const size_t cut = equals != NULL ? (size_t)(equals - word.bytes) + 1 : 0;
    const size_t at = reading->proof.key_count;
    if (at == AUDIT_KEYS_MAX)
        return call_usage(call, err, "more than %d keys", AUDIT_KEYS_MAX);
    struct cw_audit_key *key = &reading->keys[at];
    *key = (struct cw_audit_key){equals != NULL
                                     ? (struct cw_text){word.bytes, cut - 1}
                                     : cw_text_of(id != NULL ? id : ""),
                                 {reading->bytes[at], 0}};
    (void)snprintf(path, sizeof(path), "%.*s", (int)(word.size - cut),
                   word.bytes + cut);
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return call_usage(call, err, "--key-file %s: cannot be read", path);
    key->bytes.size = fread(reading->bytes[at], 1, KEY_MAX, file);
    (void)fclose(file);
    while (key->bytes.size > 0 &&
           reading->bytes[at][key->bytes.size - 1] == '\n')
        key->bytes.size--; /* as secret files of the services */
    if (key->bytes.size == 0)
        return call_usage(call, err, "--key-file %s: empty", path);
    reading->proof.key_count++;
    return CW_OK;
}

static enum cw_status read_keys(struct call *call, struct reading *reading,
                                struct cw_error *err)
{
    const char *at = call_option(call, "key-file");
    enum cw_status status = CW_OK;
    reading->proof.keys = reading->keys;
    while (at != NULL && *at != '\0' && status == CW_OK) {
        const size_t size = strcspn(at, ",");
        status = read_key(call, reading, (struct cw_text){at, size}, err);
        at += size + (at[size] == ',' ? 1 : 0);
    }
    return status;
}

/* ---- anchors ------------------------------------------------------------ */

static enum cw_status take_anchors(struct reading *reading,
                                   const PGresult *rows, struct cw_error *err)
{
    const int count = PQntuples(rows);
    reading->anchors = calloc((size_t)count + 1, sizeof(struct audit_anchor));
    if (reading->anchors == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%d anchors", count);
    for (int i = 0; i < count; i++)
        reading->anchors[i] = (struct audit_anchor){
            cw_arena_text(reading->arena, cw_text_of(PQgetvalue(rows, i, 0))),
            strtoll(PQgetvalue(rows, i, 1), NULL, 10),
            cw_arena_text(reading->arena, cw_text_of(PQgetvalue(rows, i, 2)))};
    reading->proof.anchored = true;
    reading->proof.anchors = reading->anchors;
    reading->proof.anchor_count = (size_t)count;
    return CW_OK;
}

/* Before the links: what is anchored by now stands on the topic. The order of
 * "C" is that of bytes, as the links are sorted. */
static enum cw_status read_anchors(struct reading *reading,
                                   struct cw_error *err)
{
    const char *url = client_postgres(reading->client);
    PGconn *connection = NULL;
    PGresult *rows = NULL;
    if (url[0] == '\0') {
        (void)fprintf(
            stderr, "cwctl: no database given (--postgres), so no anchors: "
                    "that an end was cut off, or a whole chain, is not seen\n");
        return CW_OK;
    }
    enum cw_status status = database_open(&connection, url, err);
    if (status == CW_OK)
        status = database_ask(&rows, connection,
                              "SELECT chain, sequence, mac FROM "
                              "causeway.audit_anchors ORDER BY chain COLLATE "
                              "\"C\", sequence, mac",
                              err);
    if (status == CW_OK)
        status = take_anchors(reading, rows, err);
    PQclear(rows);
    PQfinish(connection);
    return status;
}

/* ---- links -------------------------------------------------------------- */

static enum cw_status add_link(struct reading *reading,
                               const struct cw_audit *link,
                               struct cw_error *err)
{
    if (reading->count == reading->capacity) {
        const size_t capacity =
            reading->capacity ? reading->capacity * 2 : 1024;
        struct cw_audit *grown =
            realloc(reading->links, capacity * sizeof(*grown));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "%zu links", capacity);
        reading->links = grown;
        reading->capacity = capacity;
    }
    reading->links[reading->count++] = *link;
    return CW_OK;
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct reading *reading = to;
    rd_kafka_message_t copy = *message;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    copy.payload =
        cw_arena_copy(reading->arena, message->payload, message->len);
    if (copy.payload == NULL)
        return cw_fail(err, CW_NO_MEMORY, "links");
    if (!message_record(&copy, reading->arena, &type, &record) ||
        type != &cw_audit_type)
        return CW_OK;
    return add_link(reading, record, err);
}

static enum cw_status read_links(struct reading *reading, struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    const char *const topics[] = {name};
    const struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = reading};
    client_topic(reading->client, cw_topic_spec(CW_TOPIC_AUDIT)->name, name);
    return scan_run(reading->client, &setup, err);
}

static void close_reading(struct reading *reading)
{
    client_close(&reading->client);
    cw_arena_destroy(&reading->arena);
    free(reading->links);
    free(reading->anchors);
    cw_secret_wipe(reading->bytes, sizeof(reading->bytes));
    free(reading);
}

enum cw_status audit_verify_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"chain", "#first", "#links",
                                          "state", "why",    NULL};
    struct reading *reading = calloc(1, sizeof(*reading));
    struct table *table = NULL;
    if (reading == NULL)
        return cw_fail(err, CW_NO_MEMORY, "audit");
    enum cw_status status = read_keys(call, reading, err);
    if (status == CW_OK)
        status = cw_arena_create(&reading->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = client_open(&reading->client, call, err);
    if (status == CW_OK)
        status = read_anchors(reading, err);
    if (status == CW_OK)
        status = read_links(reading, err);
    if (status == CW_OK)
        status = table_create(&table, columns, err);
    if (status == CW_OK)
        status = audit_verify_links(reading->links, reading->count,
                                    &reading->proof, table, err);
    if (table != NULL)
        table_print(table, call->output, call->out);
    table_destroy(&table);
    close_reading(reading);
    return status;
}
