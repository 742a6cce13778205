/*
 * core - raw records of one raw partition to the records everything else
 * reads.
 *
 * Place    raw topic -> [normalizer] -> metrics, logs, spans, events, said,
 *          deadletter
 * Input    CW_TOPIC_RAW items in offset order
 * Output   as draft says; a record that cannot be read leaves whole on
 *          deadletter, a part that cannot leaves with its index and the rest
 *          goes on. A tombstone is counted and nothing else
 * State    none that a later record depends on: formats are told by topic and
 *          bytes alone, and forgetting which series were defined only repeats
 *          definitions. Nothing is saved
 * Limits   struct normalizer_config; one core a raw partition, one shard
 * Threads  one owner thread
 */
#ifndef NORMALIZER_CORE_H
#define NORMALIZER_CORE_H

#include "core/core.h"
#include "counts.h"
#include "recognise.h"

/* What a zero stands for is its default. */
struct normalizer_config {
    const struct normalizer_topic *topics; /* before the built-in table */
    size_t topic_count;
    const char *tenant;  /* of topics and records that name none: "default" */
    int64_t max_skew_us; /* event time from Kafka time: 24 h */
    int64_t value_size_max; /* after unpacking: 16 MiB */
    int64_t parts_max;      /* samples, lines, spans of a record: 200,000 */
    bool keep_emails;       /* do not redact them */
    bool keep_cards;
    bool keep_secrets;
    struct normalizer_tally *tally; /* told what is counted; NULL = nobody */
};

extern const struct cw_core_type normalizer_core_type;

/* Counters of a core of that type; lent for its life. */
const struct normalizer_counts *normalizer_counts(const struct cw_core *core);

#endif
