/*
 * outputs - what stages wrote, handed out in order of stream time.
 *
 * Place    pipeline: messages of a memlog -> [outputs] -> its taker
 * Input    messages of every topic, each partition in order
 * Output   records and items by (stream time, topic, partition, order)
 * Limits   memory of what has been added and not yet released
 * Threads  one owner thread
 */
#ifndef CW_CORE_OUTPUTS_H
#define CW_CORE_OUTPUTS_H

#include "core/memlog.h"
#include "core/pipeline.h"

struct cw_outputs;

CW_MUST_USE enum cw_status cw_outputs_create(struct cw_outputs **made,
                                             struct cw_error *err);
void cw_outputs_destroy(struct cw_outputs **outputs);

/* Copies what the message holds; a Mark holds nothing. */
CW_MUST_USE enum cw_status cw_outputs_add(struct cw_outputs *outputs,
                                          const struct cw_message *message,
                                          struct cw_error *err);

/* Hands out everything up to until_at; nothing as early will be added. */
CW_MUST_USE enum cw_status cw_outputs_release(struct cw_outputs *outputs,
                                              int64_t until_at,
                                              cw_pipeline_take *take, void *to,
                                              struct cw_error *err);

uint64_t cw_outputs_released(const struct cw_outputs *outputs);

#endif
