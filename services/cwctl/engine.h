/*
 * engine - the services' own cores with their options, as live.
 *
 * Place    replay, score: options file and environment -> [engine] -> stages
 * Input    one YAML file with the options of all services, and CAUSEWAY_*;
 *          options that concern only a running process are taken and unused
 * Output   stages in topological order, for core/pipeline
 * Threads  one owner thread
 *
 * The one place of cwctl that knows the services' headers.
 */
#ifndef CWCTL_ENGINE_H
#define CWCTL_ENGINE_H

#include "core/pipeline.h"
#include "detector/config.h"

struct engine;

/* file may be NULL. CW_BAD_CONFIG: every fault has been said on stderr. */
CW_MUST_USE enum cw_status engine_create(struct engine **made, const char *file,
                                         struct cw_error *err);
void engine_destroy(struct engine **engine);

/* Lent for the engine's life. */
const struct cw_pipeline_stage *engine_stages(const struct engine *engine,
                                              size_t *count);
const struct detector_config *engine_detector(const struct engine *engine);

/* Samples the detector learns of a series before it may alarm. */
unsigned engine_warm_samples(void);

#endif
