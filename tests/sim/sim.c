/*
 * sim - thousands of disturbed runs a minute, each held against its replay.
 *
 *   sim [--seeds N] [--first SEED] [--suppress N] [--expect-failure]
 *
 * Exit 0: every run equalled its replay. With --expect-failure (mutants): 0
 * when at least one seed was loud, 1 when the fault went unnoticed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_world.h"

struct options {
    uint64_t first;
    uint64_t seeds;
    bool expect_failure;
    struct sim_config config;
};

static bool read_number(const char *name, int *at, int count, char **arguments,
                        uint64_t *value)
{
    if (strcmp(arguments[*at], name) != 0 || *at + 1 >= count)
        return false;
    *value = strtoull(arguments[++*at], NULL, 0);
    return true;
}

static bool read_options(struct options *options, int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--expect-failure") == 0)
            options->expect_failure = true;
        else if (!read_number("--seeds", &i, count, arguments,
                              &options->seeds) &&
                 !read_number("--first", &i, count, arguments,
                              &options->first) &&
                 !read_number("--suppress", &i, count, arguments,
                              &options->config.suppress))
            return false;
    }
    return true;
}

static void add_tally(struct sim_tally *sum, const struct sim_tally *one)
{
    sum->kills += one->kills;
    sum->moves += one->moves;
    sum->cuts += one->cuts;
    sum->snapshots += one->snapshots;
    sum->lost_snapshots += one->lost_snapshots;
    sum->absent += one->absent;
    sum->present += one->present;
    sum->ticks += one->ticks;
    sum->repeats += one->repeats;
}

/* A refused record is told of once, however it was disturbed. What a source
 * that was left out brought late may still wait for a slice at the end. */
static void count_letters(const struct sim_log *log,
                          const struct sim_world *disturbed,
                          const struct sim_tally *tally, char *why, size_t size)
{
    size_t count;
    const size_t wanted = sim_log_letter_count(log);
    (void)sim_world_letter_digest(disturbed, &count);
    if (count > wanted || (count < wanted && tally->absent == 0))
        (void)snprintf(why, size, "%zu dead letters of %zu refused", count,
                       wanted);
}

/* Empty when the disturbed run equals its replay, else what differs. */
static void compare(const struct sim_world *disturbed,
                    const struct sim_world *replayed, char *why, size_t size,
                    size_t *compared)
{
    size_t a_count, b_count, letter_count, again;
    const uint64_t a = sim_world_a_digest(disturbed, &a_count);
    const uint64_t b = sim_world_b_digest(disturbed, &b_count);
    const uint64_t letters = sim_world_letter_digest(disturbed, &letter_count);
    if (sim_world_a_digest(replayed, &again) != a)
        (void)snprintf(why, size, "a differs: %zu records, replay %zu", a_count,
                       again);
    else if (sim_world_b_digest(replayed, &again) != b)
        (void)snprintf(why, size, "b differs: %zu records, replay %zu", b_count,
                       again);
    else if (sim_world_letter_digest(replayed, &again) != letters)
        (void)snprintf(why, size, "letters differ: %zu, replay %zu",
                       letter_count, again);
    *compared += a_count + b_count + letter_count;
}

static void run_seed(const struct options *options, uint64_t seed, char *why,
                     size_t size, struct sim_tally *tally, size_t *compared)
{
    struct cw_error err = {0};
    struct sim_log log = {0};
    struct sim_world *disturbed = NULL;
    struct sim_world *replayed = NULL;
    struct sim_tally one = {0};
    why[0] = '\0';
    if (sim_log_make(&log, seed, &err) != CW_OK ||
        sim_world_disturbed(&disturbed, &log, seed, &options->config, &one,
                            &err) != CW_OK)
        (void)snprintf(why, size, "disturbed: %s", err.text);
    else if (sim_world_replayed(&replayed, &log, disturbed, &err) != CW_OK)
        (void)snprintf(why, size, "replayed: %s", err.text);
    else
        compare(disturbed, replayed, why, size, compared);
    if (why[0] == '\0')
        count_letters(&log, disturbed, &one, why, size);
    add_tally(tally, &one);
    sim_world_destroy(&disturbed);
    sim_world_destroy(&replayed);
    sim_log_free(&log);
}

int main(int count, char **arguments)
{
    struct options options = {.first = 1, .seeds = 2000};
    if (!read_options(&options, count, arguments)) {
        (void)fprintf(stderr, "usage: sim [--seeds N] [--first SEED] "
                              "[--suppress N] [--expect-failure]\n");
        return 64;
    }
    struct sim_tally tally = {0};
    uint64_t failed = 0;
    size_t compared = 0;
    for (uint64_t i = 0; i < options.seeds; i++) {
        char why[320];
        run_seed(&options, options.first + i, why, sizeof(why), &tally,
                 &compared);
        if (why[0] == '\0')
            continue;
        failed++;
        if (failed <= 5)
            printf("seed %" PRIu64 ": %s\n", options.first + i, why);
        if (options.expect_failure)
            break;
    }
    printf("%" PRIu64 " seeds, %" PRIu64 " failed, %zu records compared; "
           "%" PRIu64 " kills, %" PRIu64 " moves, %" PRIu64 " cuts, %" PRIu64
           " snapshots, %" PRIu64 " lost, %" PRIu64 " absent, %" PRIu64
           " present, %" PRIu64 " ticks, %" PRIu64 " repeats\n",
           options.seeds, failed, compared, tally.kills, tally.moves,
           tally.cuts, tally.snapshots, tally.lost_snapshots, tally.absent,
           tally.present, tally.ticks, tally.repeats);
    if (options.expect_failure)
        return failed > 0 ? 0 : 1;
    return failed > 0 || compared == 0 ? 1 : 0;
}
