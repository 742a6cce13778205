#include "sim_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "sim_cores.h"

#define BEGIN_AT 1700000000000000 /* us */

/* Each raw topic has one partition. A replay lists them the other way round:
 * nothing may hang on the order in which sources are known. */
const char *const sim_raw_topics[SIM_RAW_PARTITIONS] = {"raw.one", "raw.two"};

static int64_t next_time(struct cw_rand *rand, int64_t at)
{
    switch (cw_rand_below(rand, 12)) {
    case 0:
        return at - (int64_t)cw_rand_below(rand, 400) * 1000; /* falls */
    case 1:
        return at; /* a burst within one millisecond */
    case 2:
        return at + (int64_t)cw_rand_below(rand, 900) * 1000;
    default:
        return at + (int64_t)cw_rand_below(rand, 40) * 1000;
    }
}

static void make_record(struct cw_rand *rand, struct sim_record *record,
                        int64_t at)
{
    static const char kinds[] = "mmmmmmmeeekc";
    const char kind = kinds[cw_rand_below(rand, sizeof(kinds) - 1)];
    const unsigned name = (unsigned)cw_rand_below(rand, 5);
    const unsigned number = (unsigned)cw_rand_below(rand, 1000000);
    record->timestamp_at = at;
    if (kind == 'c')
        (void)snprintf(record->value, sizeof(record->value), "c %u", number);
    else
        (void)snprintf(record->value, sizeof(record->value), "%c %c%u %u", kind,
                       kind == 'm' ? 's' : 'd', name, number);
}

enum cw_status sim_log_make(struct sim_log *log, uint64_t seed,
                            struct cw_error *err)
{
    struct cw_rand rand;
    cw_rand_seed(&rand, seed);
    *log = (struct sim_log){.end_at = BEGIN_AT};
    for (int p = 0; p < SIM_RAW_PARTITIONS; p++) {
        log->counts[p] = 20 + cw_rand_below(&rand, 60);
        log->records[p] = calloc(log->counts[p], sizeof(**log->records));
        if (log->records[p] == NULL)
            return cw_fail(err, CW_NO_MEMORY, "raw log");
        int64_t at = BEGIN_AT + (int64_t)cw_rand_below(&rand, 100) * 1000;
        for (size_t i = 0; i < log->counts[p]; i++) {
            make_record(&rand, &log->records[p][i], at);
            if (at > log->end_at)
                log->end_at = at;
            at = next_time(&rand, at);
        }
        if (cw_rand_below(&rand, 8) == 0) /* one clock runs an hour ahead */
            log->records[p][log->counts[p] - 1].timestamp_at =
                log->end_at + (int64_t)3600 * 1000000;
    }
    log->end_at += (int64_t)3700 * 1000000;
    return CW_OK;
}

void sim_log_free(struct sim_log *log)
{
    for (int p = 0; p < SIM_RAW_PARTITIONS; p++)
        free(log->records[p]);
}

static size_t letters_of(const struct sim_record *record)
{
    struct sim_value value;
    if (!sim_value_read(&value, record->value) || value.kind == 'e' ||
        !sim_is_refused(value.number))
        return 0;
    return value.kind == 'c' ? SIM_PARTITIONS : 1;
}

size_t sim_log_letter_count(const struct sim_log *log)
{
    size_t count = 0;
    for (int p = 0; p < SIM_RAW_PARTITIONS; p++)
        for (size_t i = 0; i < log->counts[p]; i++)
            count += letters_of(&log->records[p][i]);
    return count;
}
