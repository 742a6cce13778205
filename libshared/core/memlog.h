/*
 * memlog - topics in memory: the broker of a replay and of the simulator.
 *
 * Place    stage, rawstage: messages of one commit in, messages by offset out
 * Limits   memory; trim lets go of what every reader has passed
 * Threads  one owner thread
 */
#ifndef CW_CORE_MEMLOG_H
#define CW_CORE_MEMLOG_H

#include "core/outbox.h"

struct cw_memlog;

CW_MUST_USE enum cw_status cw_memlog_create(struct cw_memlog **made,
                                            uint32_t partitions,
                                            struct cw_error *err);
void cw_memlog_destroy(struct cw_memlog **log);

/* Appends a copy. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_memlog_append(struct cw_memlog *log,
                                            const struct cw_message *message,
                                            struct cw_error *err);

/* One above the last. */
int64_t cw_memlog_end(const struct cw_memlog *log, enum cw_topic topic,
                      uint32_t partition);
int64_t cw_memlog_begin(const struct cw_memlog *log, enum cw_topic topic,
                        uint32_t partition);
/* Lent until trimmed; offset in [begin, end). */
const struct cw_message *cw_memlog_get(const struct cw_memlog *log,
                                       enum cw_topic topic, uint32_t partition,
                                       int64_t offset);
/* Forgets what lies below offset. */
void cw_memlog_trim(struct cw_memlog *log, enum cw_topic topic,
                    uint32_t partition, int64_t offset);

#endif
