#include "raw_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map64.h"
#include "base/time.h"
#include "lines.h"
#include "raw_line.h"
#include "recorded.h"

#define LINE_ARENA_MAX ((size_t)256 << 20)
#define NAMES_MAX      ((size_t)1 << 20)
#define TOLD_MAX       20 /* faults of lines that are told one by one */

struct file {
    struct lines *lines;
    struct tree_parser *parser;
    struct cw_arena *arena;
    struct raw_line line; /* the next record, when there */
    bool there;
    int64_t at; /* its time, never falling within the file */
};

struct raw_topic {
    struct cw_text name;
    uint64_t turn; /* of records without key and partition */
    int64_t next_offsets[RAW_LOG_PARTITIONS_MAX]; /* before the first record
                                                     its own; NEVER: none */
    bool heard[RAW_LOG_PARTITIONS_MAX];           /* has records or ticks */
};

struct raw_log {
    struct raw_log_setup setup;
    struct file *files;
    struct cw_arena *names;
    struct cw_map64 *index; /* hash of the name -> topics */
    struct raw_topic *topics[CW_PLAN_RAW_MAX];
    struct cw_plan_raw plan[CW_PLAN_RAW_MAX]; /* the same, by name */
    uint32_t topic_count;
    struct recorded *recorded;
    uint64_t record_count;
    uint64_t refused_count;
    struct file *lent;    /* whose line was lent last */
    uint32_t quiet_topic; /* where to look for partitions never heard */
    uint32_t quiet_partition;
};

/* ---- topics ------------------------------------------------------------- */

static enum cw_status add_topic(struct raw_log *log, struct cw_text name,
                                struct cw_error *err)
{
    if (log->topic_count == CW_PLAN_RAW_MAX)
        return cw_fail(err, CW_FULL, "more than %d raw topics",
                       CW_PLAN_RAW_MAX);
    struct raw_topic *topic = calloc(1, sizeof(*topic));
    if (topic == NULL)
        return cw_fail(err, CW_NO_MEMORY, "raw topic");
    topic->name = cw_arena_text(log->names, name);
    const enum cw_status status =
        cw_map64_put(log->index, cw_hash_text(name), log->topic_count, err);
    if (status != CW_OK || topic->name.bytes == NULL) {
        free(topic);
        return status != CW_OK ? status
                               : cw_fail(err, CW_FULL, "names of raw topics");
    }
    log->plan[log->topic_count] = (struct cw_plan_raw){topic->name, 0};
    for (size_t p = 0; p < RAW_LOG_PARTITIONS_MAX; p++)
        topic->next_offsets[p] = CW_NEVER;
    log->topics[log->topic_count++] = topic;
    return CW_OK;
}

static enum cw_status find_topic(struct raw_log *log, struct cw_text name,
                                 uint32_t *at, struct cw_error *err)
{
    uint64_t found;
    if (!cw_map64_find(log->index, cw_hash_text(name), &found)) {
        const enum cw_status status = add_topic(log, name, err);
        if (status != CW_OK)
            return status;
        found = log->topic_count - 1;
    }
    *at = (uint32_t)found;
    return CW_OK;
}

/* partition -1: any of those the setup asks for. */
static enum cw_status hear(struct raw_log *log, struct cw_text name,
                           int32_t partition, struct cw_error *err)
{
    uint32_t at;
    const enum cw_status status = find_topic(log, name, &at, err);
    if (status != CW_OK)
        return status;
    const uint32_t least =
        partition < 0 ? log->setup.partitions : (uint32_t)partition + 1;
    if (least > RAW_LOG_PARTITIONS_MAX)
        return cw_fail(err, CW_BAD_RECORD, "%.*s: partition %d of at most %d",
                       CW_TEXT_ARG(name), partition, RAW_LOG_PARTITIONS_MAX);
    if (log->plan[at].partitions < least)
        log->plan[at].partitions = least;
    if (partition >= 0)
        log->topics[at]->heard[partition] = true;
    for (uint32_t p = 0; partition < 0 && p < least; p++)
        log->topics[at]->heard[p] = true;
    return CW_OK;
}

/* ---- the first reading -------------------------------------------------- */

static enum cw_status blame(const struct file *file, struct cw_error *err)
{
    char why[sizeof(err->text)];
    (void)snprintf(why, sizeof(why), "%s", err->text);
    return cw_fail(err, err->status, "%s:%llu: %s", lines_path(file->lines),
                   (unsigned long long)lines_number(file->lines), why);
}

static bool is_about_the_line(enum cw_status status)
{
    return cw_status_action(status) == CW_DEAD_LETTER;
}

/* Reads the next line that can be read; *found is false at the end. tell: say
 * what was passed over. */
static enum cw_status read_line(struct raw_log *log, struct file *file,
                                bool tell, bool *found, struct cw_error *err)
{
    for (;;) {
        struct cw_text text;
        enum cw_status status = lines_next(file->lines, &text, found, err);
        if (status != CW_OK || !*found)
            return status;
        if (text.size == 0)
            continue;
        cw_arena_reset(file->arena);
        status =
            raw_line_parse(&file->line, text, file->parser, file->arena, err);
        if (status == CW_OK)
            return CW_OK;
        status = blame(file, err);
        if (!log->setup.lenient || !is_about_the_line(status))
            return status;
        log->refused_count += tell ? 1 : 0;
        if (tell && log->refused_count <= TOLD_MAX)
            (void)fprintf(stderr, "cwctl: %s\n", err->text);
    }
}

static void start_offset(int64_t *next, int64_t offset)
{
    if (offset < *next)
        *next = offset;
}

/* Ticks before the first record of a partition belong before it. */
static void start_offsets(const struct raw_log *log, struct raw_topic *topic,
                          const struct cw_raw *raw)
{
    const int64_t offset = raw->offset < 0 ? 0 : raw->offset;
    if (raw->partition >= 0)
        start_offset(&topic->next_offsets[raw->partition], offset);
    for (uint32_t p = 0; raw->partition < 0 && p < log->setup.partitions; p++)
        start_offset(&topic->next_offsets[p], offset);
}

static enum cw_status scan_line(struct raw_log *log, struct file *file,
                                struct cw_error *err)
{
    if (tree_type_of(file->line.record) != TREE_NONE)
        return recorded_take(log->recorded, file->line.raw.topic,
                             file->line.record, err);
    const struct cw_raw *raw = &file->line.raw;
    uint32_t at = 0;
    log->record_count++;
    enum cw_status status = hear(log, raw->topic, raw->partition, err);
    if (status == CW_OK)
        status = find_topic(log, raw->topic, &at, err);
    if (status == CW_OK)
        start_offsets(log, log->topics[at], raw);
    return status;
}

static enum cw_status scan_file(struct raw_log *log, struct file *file,
                                struct cw_error *err)
{
    enum cw_status status = CW_OK;
    bool found = true;
    while (status == CW_OK && found) {
        status = read_line(log, file, true, &found, err);
        if (status != CW_OK || !found)
            break;
        status = scan_line(log, file, err);
        if (status != CW_OK)
            status = blame(file, err);
    }
    return status == CW_OK ? lines_rewind(file->lines, err) : status;
}

static enum cw_status open_file(struct file *file, const char *path,
                                struct cw_error *err)
{
    file->at = INT64_MIN;
    enum cw_status status = lines_open(&file->lines, path, true, err);
    if (status == CW_OK)
        status = tree_parser_create(&file->parser, LINE_SIZE_MAX, err);
    if (status == CW_OK)
        status = cw_arena_create(&file->arena, LINE_ARENA_MAX, err);
    return status;
}

/* Partitions the ticks speak of count as well. */
static enum cw_status hear_ticks(struct raw_log *log, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0;
         i < recorded_place_count(log->recorded) && status == CW_OK; i++) {
        const struct recorded_place *place = recorded_place(log->recorded, i);
        status = hear(log, place->topic, place->partition, err);
    }
    return status;
}

static enum cw_status scan_all(struct raw_log *log, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < log->setup.path_count && status == CW_OK; i++) {
        status = open_file(&log->files[i], log->setup.paths[i], err);
        if (status == CW_OK)
            status = scan_file(log, &log->files[i], err);
    }
    if (status == CW_OK)
        status = hear_ticks(log, err);
    recorded_sort(log->recorded);
    return status;
}

enum cw_status raw_log_open(struct raw_log **made,
                            const struct raw_log_setup *setup,
                            struct cw_error *err)
{
    struct raw_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return cw_fail(err, CW_NO_MEMORY, "raw log");
    log->setup = *setup;
    log->files = calloc(setup->path_count, sizeof(*log->files));
    enum cw_status status = cw_arena_create(&log->names, NAMES_MAX, err);
    if (status == CW_OK && log->files == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "raw log");
    if (status == CW_OK)
        status = cw_map64_create(&log->index, CW_PLAN_RAW_MAX, err);
    if (status == CW_OK)
        status = recorded_create(&log->recorded, err);
    if (status == CW_OK)
        status = scan_all(log, err);
    if (status != CW_OK)
        raw_log_close(&log);
    else
        *made = log;
    return status;
}

void raw_log_close(struct raw_log **log)
{
    struct raw_log *gone = *log;
    if (gone == NULL)
        return;
    for (size_t i = 0; gone->files != NULL && i < gone->setup.path_count; i++) {
        lines_close(&gone->files[i].lines);
        if (gone->files[i].parser != NULL)
            tree_parser_destroy(&gone->files[i].parser);
        cw_arena_destroy(&gone->files[i].arena);
    }
    free(gone->files);
    for (uint32_t i = 0; i < gone->topic_count; i++)
        free(gone->topics[i]);
    recorded_destroy(&gone->recorded);
    cw_map64_destroy(&gone->index);
    cw_arena_destroy(&gone->names);
    free(gone);
    *log = NULL;
}

/* ---- the second --------------------------------------------------------- */

static enum cw_status peek(struct raw_log *log, struct file *file,
                           struct cw_error *err)
{
    bool found = true;
    while (!file->there && found) {
        const enum cw_status status = read_line(log, file, false, &found, err);
        if (status != CW_OK)
            return status;
        if (!found || tree_type_of(file->line.record) != TREE_NONE)
            continue;
        file->there = true;
        if (file->line.raw.timestamp_at == INT64_MIN)
            file->line.raw.timestamp_at = file->at;
        if (file->line.raw.timestamp_at == INT64_MIN)
            return cw_fail(err, CW_BAD_RECORD,
                           "%s:%llu: the first record has no timestamp_ms",
                           lines_path(file->lines),
                           (unsigned long long)lines_number(file->lines));
        if (file->line.raw.timestamp_at > file->at)
            file->at = file->line.raw.timestamp_at;
    }
    return CW_OK;
}

/* The file whose record is earliest; NULL: all are at their end. */
static enum cw_status choose_file(struct raw_log *log, struct file **chosen,
                                  struct cw_error *err)
{
    *chosen = NULL;
    for (size_t i = 0; i < log->setup.path_count; i++) {
        struct file *file = &log->files[i];
        const enum cw_status status = peek(log, file, err);
        if (status != CW_OK)
            return status;
        if (file->there && (*chosen == NULL || file->at < (*chosen)->at))
            *chosen = file;
    }
    return CW_OK;
}

static void place_record(struct raw_log *log, struct raw_topic *topic,
                         struct cw_raw *raw)
{
    if (raw->partition < 0)
        raw->partition =
            (int32_t)((raw->has_key ? cw_hash_text(raw->key) : topic->turn++) %
                      log->setup.partitions);
    if (raw->offset < 0)
        raw->offset = topic->next_offsets[raw->partition];
}

/* A partition nobody heard of must not hold the others: time there is as far
 * as can be. */
static bool next_quiet(struct raw_log *log, struct raw_log_next *next)
{
    for (; log->quiet_topic < log->topic_count;
         log->quiet_topic++, log->quiet_partition = 0)
        while (log->quiet_partition < log->plan[log->quiet_topic].partitions) {
            const uint32_t at = log->quiet_partition++;
            if (log->topics[log->quiet_topic]->heard[at])
                continue;
            *next = (struct raw_log_next){
                .event = RAW_LOG_TICK,
                .raw = {.topic = log->topics[log->quiet_topic]->name,
                        .partition = (int32_t)at},
                .stream_at = CW_TIME_MAX - 1,
            };
            return true;
        }
    return false;
}

/* Whether a tick of place comes before the record (NULL = after all of them):
 * its partition has got that far, and its time has come. */
static bool is_due(const struct raw_log *log,
                   const struct recorded_place *place,
                   const struct recorded_tick *tick,
                   const struct cw_raw *before)
{
    uint64_t at;
    if (tick == NULL ||
        !cw_map64_find(log->index, cw_hash_text(place->topic), &at))
        return false;
    const struct raw_topic *topic = log->topics[at];
    const bool reached = tick->offset <= topic->next_offsets[place->partition];
    if (before == NULL)
        return reached;
    if (before->partition == place->partition &&
        cw_text_equal(before->topic, place->topic))
        return reached || tick->offset <= before->offset;
    return reached && tick->stream_at <= before->timestamp_at;
}

static bool next_tick(struct raw_log *log, const struct cw_raw *before,
                      struct raw_log_next *next)
{
    for (size_t i = 0; i < recorded_place_count(log->recorded); i++) {
        const struct recorded_place *place = recorded_place(log->recorded, i);
        const struct recorded_tick *tick = recorded_tick(log->recorded, i);
        if (!is_due(log, place, tick, before))
            continue;
        *next = (struct raw_log_next){
            .event = RAW_LOG_TICK,
            .raw = {.topic = place->topic, .partition = place->partition},
            .stream_at = tick->stream_at,
        };
        recorded_pop(log->recorded, i);
        return true;
    }
    return false;
}

enum cw_status raw_log_next(struct raw_log *log, struct raw_log_next *next,
                            struct cw_error *err)
{
    struct file *file = NULL;
    uint32_t at = 0;
    if (log->lent != NULL)
        log->lent->there = false;
    log->lent = NULL;
    *next = (struct raw_log_next){.event = RAW_LOG_END};
    enum cw_status status = choose_file(log, &file, err);
    if (status != CW_OK)
        return status;
    if (raw_log_has_ticks(log) && next_quiet(log, next))
        return CW_OK;
    if (file == NULL) {
        (void)next_tick(log, NULL, next);
        return CW_OK;
    }
    status = find_topic(log, file->line.raw.topic, &at, err);
    if (status != CW_OK)
        return status;
    place_record(log, log->topics[at], &file->line.raw);
    if (next_tick(log, &file->line.raw, next))
        return CW_OK;
    *next =
        (struct raw_log_next){.event = RAW_LOG_RECORD, .raw = file->line.raw};
    log->topics[at]->next_offsets[next->raw.partition] = next->raw.offset + 1;
    log->lent = file;
    return CW_OK;
}

/* ---- asking ------------------------------------------------------------- */

const struct cw_plan_raw *raw_log_topics(const struct raw_log *log,
                                         uint32_t *count)
{
    *count = log->topic_count;
    return log->plan;
}

bool raw_log_has_ticks(const struct raw_log *log)
{
    return recorded_place_count(log->recorded) > 0;
}

uint32_t raw_log_partitions(const struct raw_log *log)
{
    return recorded_partitions(log->recorded);
}

const struct raw_log_ruling *raw_log_rulings(const struct raw_log *log,
                                             size_t *count)
{
    return recorded_rulings(log->recorded, count);
}

uint64_t raw_log_record_count(const struct raw_log *log)
{
    return log->record_count;
}

uint64_t raw_log_refused_count(const struct raw_log *log)
{
    return log->refused_count;
}
