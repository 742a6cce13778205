/*
 * replay - raw records through the whole engine, and what it would have
 * written.
 *
 * Place    cwctl replay: raw_log -> pipeline of engine -> [replay] -> NDJSON
 * Output   {"topic":"incidents","record":{...}} a line, in order of stream
 *          time; or, with --canonical, the last revisions in canonical form
 *          and one hash over them
 * Threads  one thread
 */
#ifndef CWCTL_REPLAY_H
#define CWCTL_REPLAY_H

#include "command.h"

enum cw_status replay_run(struct call *call, struct cw_error *err);

#endif
