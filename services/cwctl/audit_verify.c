#include "audit_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit.h"
#include "core/topic.h"
#include "message_line.h"
#include "scan.h"
#include "table.h"

#define ARENA_MAX ((size_t)8 << 30)
#define KEY_MAX   4096

struct links {
    struct cw_arena *arena; /* owns every link's texts */
    struct cw_audit *all;
    size_t count;
    size_t capacity;
    char key[KEY_MAX];
};

static enum cw_status add_link(struct links *links, const struct cw_audit *link,
                               struct cw_error *err)
{
    if (links->count == links->capacity) {
        const size_t capacity = links->capacity ? links->capacity * 2 : 1024;
        struct cw_audit *grown = realloc(links->all, capacity * sizeof(*grown));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "%zu links", capacity);
        links->all = grown;
        links->capacity = capacity;
    }
    links->all[links->count++] = *link;
    return CW_OK;
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct links *links = to;
    rd_kafka_message_t copy = *message;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    copy.payload = cw_arena_copy(links->arena, message->payload, message->len);
    if (copy.payload == NULL)
        return cw_fail(err, CW_NO_MEMORY, "links");
    if (!message_record(&copy, links->arena, &type, &record) ||
        type != &cw_audit_type)
        return CW_OK;
    return add_link(links, record, err);
}

static int by_chain(const void *a, const void *b)
{
    const struct cw_audit *x = a;
    const struct cw_audit *y = b;
    const int order = cw_text_compare(x->chain, y->chain);
    if (order != 0)
        return order;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* Where the chain stood before its first link that is still there. */
static void before_first(const struct cw_audit *first,
                         struct cw_audit_chain *chain)
{
    cw_audit_chain_init(chain, first->chain);
    chain->sequence = first->sequence - 1;
    (void)snprintf(chain->previous, sizeof(chain->previous), "%.*s",
                   CW_TEXT_ARG(first->previous_mac));
}

struct check {
    struct cw_audit *links;
    const struct cw_audit_key *key;
    struct table *table;
    bool good;
};

static enum cw_status check_chain(struct check *check, size_t begin, size_t end,
                                  struct cw_error *err)
{
    const struct cw_audit *first = &check->links[begin];
    struct cw_audit_chain chain;
    struct cw_error why = {CW_OK, ""};
    size_t bad = 0;
    char counts[2][24];
    before_first(first, &chain);
    const enum cw_status status =
        cw_audit_verify(first, end - begin, first->sequence > 1 ? &chain : NULL,
                        check->key, &bad, &why);
    check->good = check->good && status == CW_OK;
    (void)snprintf(counts[0], sizeof(counts[0]), "%" PRId64, first->sequence);
    (void)snprintf(counts[1], sizeof(counts[1]), "%zu", end - begin);
    const struct cw_text cells[] = {
        first->chain, cw_text_of(counts[0]), cw_text_of(counts[1]),
        cw_text_of(status == CW_OK ? "whole" : "broken"), cw_text_of(why.text)};
    return table_add(check->table, cells, err);
}

enum cw_status audit_verify_links(struct cw_audit *links, size_t count,
                                  const struct cw_audit_key *key,
                                  struct table *table, struct cw_error *err)
{
    struct check check = {
        .links = links, .key = key, .table = table, .good = true};
    enum cw_status status = CW_OK;
    if (count > 0)
        qsort(links, count, sizeof(*links), by_chain);
    for (size_t begin = 0; begin < count && status == CW_OK;) {
        size_t end = begin + 1;
        while (end < count &&
               cw_text_equal(links[begin].chain, links[end].chain))
            end++;
        status = check_chain(&check, begin, end, err);
        begin = end;
    }
    if (status == CW_OK && !check.good)
        status = cw_fail(err, CW_BAD_RECORD, "a chain is broken");
    return status;
}

static enum cw_status read_key(struct call *call, struct links *links,
                               struct cw_audit_key *key, struct cw_error *err)
{
    const char *path = call_option(call, "key-file");
    const char *id = call_option(call, "key-id");
    *key = (struct cw_audit_key){cw_text_of(id != NULL ? id : ""),
                                 {links->key, 0}};
    if (path == NULL)
        return CW_OK;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return call_usage(call, err, "--key-file %s: cannot be read", path);
    key->bytes.size = fread(links->key, 1, sizeof(links->key), file);
    (void)fclose(file);
    while (key->bytes.size > 0 && links->key[key->bytes.size - 1] == '\n')
        key->bytes.size--; /* as secret files of the services */
    return CW_OK;
}

static enum cw_status load(struct call *call, struct links *links,
                           struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    const char *const topics[] = {name};
    struct client *client = NULL;
    const struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = links};
    enum cw_status status = cw_arena_create(&links->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = client_open(&client, call, err);
    if (status == CW_OK) {
        client_topic(client, cw_topic_spec(CW_TOPIC_AUDIT)->name, name);
        status = scan_run(client, &setup, err);
    }
    client_close(&client);
    return status;
}

enum cw_status audit_verify_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"chain", "#first", "#links",
                                          "state", "why",    NULL};
    struct links links = {0};
    struct cw_audit_key key;
    struct table *table = NULL;
    enum cw_status status = read_key(call, &links, &key, err);
    if (status == CW_OK)
        status = load(call, &links, err);
    if (status == CW_OK)
        status = table_create(&table, columns, err);
    if (status == CW_OK)
        status = audit_verify_links(links.all, links.count, &key, table, err);
    if (table != NULL)
        table_print(table, call->output, call->out);
    table_destroy(&table);
    cw_arena_destroy(&links.arena);
    free(links.all);
    return status;
}
