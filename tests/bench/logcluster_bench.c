/*
 * logcluster_bench - lines a second through the logcluster core, on one core.
 *
 * Output   a line a scenario: lines/s, MB/s, patterns at the end, lines
 *          without a pattern; and the limit in the same run: one pass over the
 *          same bytes that finds line ends (memchr), and one that looks each
 *          byte up in a table, which is what telling tokens apart takes
 * Limits   CPU time of the thread, so other work on the machine shows less;
 *          lines are made before the clock starts, in memory; windows close
 *          each 10 s of stream time at 100 k lines a second; outputs are
 *          built and dropped
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core.h"
#include "core/emit.h"

#define LINES        200000u
#define ROUNDS       5u
#define LINE_SIZE    160u
#define LINE_US      10 /* of stream time */
#define T0           INT64_C(1700000000000000)
#define ARENA_SIZE   ((size_t)64 << 20)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct bench {
    char (*lines)[LINE_SIZE];
    struct cw_text *texts;
    struct cw_text *names;
    size_t bytes;
    uint32_t seed;
};

struct scenario {
    const char *name;
    void (*write)(struct bench *bench, char *line, uint32_t index);
    uint32_t entities;
};

static double now_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "logcluster_bench: %s\n", what);
    exit(1);
}

static uint32_t draw(struct bench *bench, uint32_t below)
{
    bench->seed = bench->seed * 1664525u + 1013904223u;
    return (bench->seed >> 8) % below;
}

static void write_word(struct bench *bench, char *word, size_t size)
{
    for (size_t i = 0; i < size; i++)
        word[i] = (char)('g' + draw(bench, 20));
}

/* Four kinds of line, about 100 bytes, values as services write them. */
static void write_service(struct bench *bench, char *line, uint32_t index)
{
    const uint32_t a = draw(bench, 1000000);
    const uint32_t b = draw(bench, 100000);
    const uint32_t c = draw(bench, 250);
    switch (index % 4) {
    case 0:
        (void)snprintf(line, LINE_SIZE,
                       "GET /api/v1/orders/%u returned 200 in %u ms for client "
                       "10.1.%u.7 agent curl session opened through gateway",
                       a, b, c);
        break;
    case 1:
        (void)snprintf(line, LINE_SIZE,
                       "Received block blk_%u of size %u from /10.250.%u.224 "
                       "and wrote it to the local disk of this data node",
                       a, b, c);
        break;
    case 2:
        (void)snprintf(line, LINE_SIZE,
                       "cache miss for key order:%u after %u lookups, asking "
                       "shard %u of the database for the missing record now",
                       a, b, c);
        break;
    default:
        (void)snprintf(line, LINE_SIZE,
                       "worker %u finished job %u on queue payments with %u "
                       "retries and released the lock it was holding",
                       a, b, c);
        break;
    }
}

/* Five hundred kinds an entity that differ in two words. */
static void write_many_kinds(struct bench *bench, char *line, uint32_t index)
{
    static const char *const states[] = {"opened", "closed",  "started",
                                         "failed", "stopped", "lost"};
    const uint32_t kind = draw(bench, 83);
    (void)index;
    (void)snprintf(line, LINE_SIZE,
                   "module %c%c%c component %c%c %s after %u ms and reported "
                   "it to the supervisor of the group",
                   (char)('g' + kind % 20), (char)('g' + kind / 20),
                   (char)('g' + kind % 7), (char)('g' + kind % 11),
                   (char)('g' + kind % 13), states[draw(bench, 6)],
                   draw(bench, 1000));
}

/* A word never seen before in each line: the hit path misses every time. */
static void write_new_words(struct bench *bench, char *line, uint32_t index)
{
    char word[11] = {0};
    (void)index;
    write_word(bench, word, 10);
    (void)snprintf(line, LINE_SIZE,
                   "Failed password for invalid user %s from 10.0.0.%u port "
                   "%u after the third attempt of today",
                   word, draw(bench, 250), draw(bench, 60000));
}

/* Nothing in common: the tables are full, every line is overflow. */
static void write_noise(struct bench *bench, char *line, uint32_t index)
{
    (void)index;
    memset(line, 0, LINE_SIZE);
    for (size_t word = 0; word < 10; word++) {
        write_word(bench, line + word * 10, 9);
        line[word * 10 + 9] = ' ';
    }
}

static void make_lines(struct bench *bench, const struct scenario *scenario)
{
    static const char *const names[] = {"cart",  "orders", "payments", "mail",
                                        "stock", "search", "gateway",  "auth"};
    bench->seed = 1;
    bench->bytes = 0;
    for (uint32_t i = 0; i < LINES; i++) {
        scenario->write(bench, bench->lines[i], i);
        bench->texts[i] = cw_text_of(bench->lines[i]);
        bench->names[i] = cw_text_of(names[draw(bench, scenario->entities)]);
        bench->bytes += bench->texts[i].size;
    }
}

static void fire(struct cw_core *core, struct cw_emit *emit, uint32_t shard)
{
    struct cw_error err;
    const int64_t due_at = logcluster_core_type.next_deadline(core, shard);
    if (due_at >= emit->now_at)
        return;
    const int64_t now_at = emit->now_at;
    emit->now_at = due_at;
    if (logcluster_core_type.timer(core, shard, due_at, emit, &err) != CW_OK)
        fail(err.text);
    emit->now_at = now_at;
}

static void feed(const struct bench *bench, struct cw_core *core,
                 struct cw_emit *emit, int64_t *at)
{
    struct cw_error err;
    for (uint32_t i = 0; i < LINES; i++) {
        const struct cw_text name = bench->names[i];
        const uint64_t route =
            cw_route_entity(CW_TEXT("default"), CW_TEXT("service"), name);
        const uint32_t shard =
            cw_shard_of(route, logcluster_core_type.shard_count);
        const struct cw_log log = {.stream_at = *at,
                                   .event_at = *at,
                                   .route = (int64_t)route,
                                   .tenant = CW_TEXT("default"),
                                   .domain = CW_TEXT("default"),
                                   .entity = {CW_TEXT("service"), name},
                                   .severity = 9,
                                   .body = bench->texts[i]};
        const struct cw_item item = {.topic = CW_TOPIC_LOGS,
                                     .stream_at = *at,
                                     .event_at = *at,
                                     .route = route,
                                     .record = &log};
        emit->now_at = *at;
        fire(core, emit, shard);
        if (logcluster_core_type.step(core, shard, &item, emit, &err) != CW_OK)
            fail(err.text);
        *at += LINE_US;
        if (i % 1024 == 0)
            cw_arena_reset(emit->arena);
    }
}

static void run(const struct bench *bench, const struct scenario *scenario)
{
    struct cw_error err;
    struct cw_core *core = NULL;
    struct cw_emit emit = {0};
    int64_t at = T0;
    double best = 1e9;
    if (cw_arena_create(&emit.arena, ARENA_SIZE, &err) != CW_OK ||
        logcluster_core_type.create(&core, NULL, &err) != CW_OK)
        fail(err.text);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const double began = now_s();
        feed(bench, core, &emit, &at);
        const double took = now_s() - began;
        best = took < best ? took : best;
    }
    const struct logcluster_counts counts = logcluster_counts(core);
    printf("%-12s %10.0f lines/s %7.0f MB/s %6llu patterns %9llu other\n",
           scenario->name, LINES / best, (double)bench->bytes / best / 1e6,
           (unsigned long long)counts.patterns,
           (unsigned long long)counts.overflow_lines);
    logcluster_core_type.destroy(&core);
    cw_arena_destroy(&emit.arena);
}

static size_t look_up_bytes(const struct bench *bench, const uint8_t *table)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < LINES; i++)
        for (size_t k = 0; k < bench->texts[i].size; k++)
            sum += table[(unsigned char)bench->texts[i].bytes[k]];
    return sum;
}

static size_t find_ends(const struct bench *bench)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < LINES; i++)
        sum += (size_t)((const char *)memchr(bench->lines[i], 0, LINE_SIZE) -
                        bench->lines[i]);
    return sum;
}

static void show_limit(const struct bench *bench)
{
    uint8_t table[256];
    for (size_t i = 0; i < sizeof(table); i++)
        table[i] = i == ' ';
    double began = now_s();
    const size_t ends = find_ends(bench);
    const double memchr_s = now_s() - began;
    began = now_s();
    const size_t blanks = look_up_bytes(bench, table);
    const double table_s = now_s() - began;
    printf("%-12s %10.0f lines/s %7.0f MB/s  (memchr, %zu bytes)\n", "limit",
           LINES / memchr_s, (double)bench->bytes / memchr_s / 1e6, ends);
    printf("%-12s %10.0f lines/s %7.0f MB/s  (a table a byte, %zu blanks)\n",
           "limit", LINES / table_s, (double)bench->bytes / table_s / 1e6,
           blanks);
}

/* logcluster_bench [SCENARIO] */
int main(int count, char **arguments)
{
    static const struct scenario scenarios[] = {
        {"service", write_service, 1},       {"8 services", write_service, 8},
        {"many kinds", write_many_kinds, 8}, {"new words", write_new_words, 1},
        {"noise", write_noise, 1},
    };
    struct bench bench = {.lines = calloc(LINES, LINE_SIZE),
                          .texts = calloc(LINES, sizeof(struct cw_text)),
                          .names = calloc(LINES, sizeof(struct cw_text))};
    if (bench.lines == NULL || bench.texts == NULL || bench.names == NULL)
        fail("out of memory");
    for (size_t i = 0; i < COUNT(scenarios); i++) {
        if (count > 1 && strcmp(arguments[1], scenarios[i].name) != 0)
            continue;
        make_lines(&bench, &scenarios[i]);
        run(&bench, &scenarios[i]);
        if (i == 0)
            show_limit(&bench);
    }
    free(bench.lines);
    free(bench.texts);
    free(bench.names);
    return 0;
}
