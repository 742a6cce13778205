#include "tail.h"

#include <errno.h>
#include <string.h>

#include "core/topic.h"
#include "message_line.h"
#include "record/records.h"
#include "scan.h"

#define ARENA_MAX ((size_t)256 << 20)

struct tail {
    struct call *call;
    struct cw_arena *arena;
    struct cw_text where_path; /* empty: every record */
    struct cw_text where_value;
    int64_t left; /* messages still wanted; -1 = all */
};

static bool is_wanted(const struct tail *tail, const json_t *line)
{
    if (tail->where_path.size == 0)
        return true;
    const json_t *record = json_object_get(line, "record");
    return cw_text_equal(message_path(record != NULL ? record : line,
                                      tail->where_path, tail->arena),
                         tail->where_value);
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct tail *tail = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    cw_arena_reset(tail->arena);
    if (message_record(message, tail->arena, &type, &record) &&
        type == &cw_mark_type)
        return CW_OK;
    json_t *line = message_line(message, type, record, tail->arena);
    if (line == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message");
    if (is_wanted(tail, line)) {
        (void)json_dumpf(line, tail->call->out,
                         JSON_COMPACT | JSON_REAL_PRECISION(17));
        (void)fputc('\n', tail->call->out);
        if (tail->left > 0)
            tail->left--;
    }
    json_decref(line);
    *stop = tail->left == 0;
    if (fflush(tail->call->out) != 0)
        return cw_fail(err, CW_BROKEN, "standard output: %s", strerror(errno));
    return CW_OK;
}

/* A name of our table, or snapshots.X and verdicts.X, gets the prefix. */
static void full_name(const struct client *client, const char *name, char *text)
{
    const char *point = strchr(name, '.');
    const struct cw_text first = {name, point != NULL ? (size_t)(point - name)
                                                      : strlen(name)};
    const enum cw_topic whole = cw_topic_find(cw_text_of(name));
    const enum cw_topic part = cw_topic_find(first);
    if ((whole != CW_TOPIC_COUNT && whole != CW_TOPIC_RAW) ||
        part == CW_TOPIC_SNAPSHOTS || part == CW_TOPIC_VERDICTS)
        client_topic(client, name, text);
    else
        (void)snprintf(text, CLIENT_NAME_MAX, "%s", name);
}

static enum cw_status read_where(struct tail *tail, struct cw_error *err)
{
    const char *where = call_option(tail->call, "where");
    const char *equals = where != NULL ? strchr(where, '=') : NULL;
    if (where == NULL)
        return CW_OK;
    if (equals == NULL || equals == where)
        return call_usage(tail->call, err, "--where %s: PATH=VALUE", where);
    tail->where_path = (struct cw_text){where, (size_t)(equals - where)};
    tail->where_value = cw_text_of(equals + 1);
    return CW_OK;
}

static enum cw_status read_start(struct call *call, struct scan_setup *setup,
                                 struct cw_error *err)
{
    const char *from = call_option(call, "from");
    if (from != NULL && strcmp(from, "beginning") != 0 &&
        strcmp(from, "end") != 0)
        return call_usage(call, err, "--from %s: beginning or end", from);
    const bool beginning = from != NULL && strcmp(from, "beginning") == 0;
    setup->from_at = beginning ? 0 : INT64_MAX;
    setup->follow = !beginning || call_has(call, "follow");
    return CW_OK;
}

enum cw_status tail_run(struct call *call, struct cw_error *err)
{
    char topic[CLIENT_NAME_MAX];
    const char *const topics[] = {topic};
    struct tail tail = {.call = call, .left = -1};
    struct client *client = NULL;
    struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = &tail};
    enum cw_status status =
        call_number(call, "limit", 1, INT64_MAX, &tail.left, err);
    if (status == CW_OK)
        status = read_where(&tail, err);
    if (status == CW_OK)
        status = read_start(call, &setup, err);
    if (status == CW_OK)
        status = cw_arena_create(&tail.arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = client_open(&client, call, err);
    if (status == CW_OK) {
        full_name(client, call->words[0], topic);
        status = scan_run(client, &setup, err);
    }
    client_close(&client);
    cw_arena_destroy(&tail.arena);
    return status;
}
