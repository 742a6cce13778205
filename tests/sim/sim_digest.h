/*
 * sim_digest - one number over the records of a topic, to compare two runs.
 *
 * Place    sim_world (memlog) -> [digest] -> compared
 * Output   over the content of each record and its partition; in which order
 *          writers interleaved does not count, marks neither
 * Threads  one owner thread
 */
#ifndef SIM_DIGEST_H
#define SIM_DIGEST_H

#include "core/memlog.h"

/* last_only: of each key the last record, as compaction leaves it. count: how
 * many records there were. */
uint64_t sim_digest(const struct cw_memlog *log, enum cw_topic topic,
                    bool last_only, size_t *count);

#endif
