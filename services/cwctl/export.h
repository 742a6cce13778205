/*
 * export - a raw log as a file that replays.
 *
 * Place    cwctl topics export: raw topics, clock, verdicts -> [export] ->
 *          NDJSON for cwctl replay
 * Output   the manifest, then clock and verdicts, then the raw records merged
 *          by Kafka time
 * Limits   ticks older than the compaction lag of the clock topic (6 h) may be
 *          gone: then the replay moves time by the records alone
 */
#ifndef CWCTL_EXPORT_H
#define CWCTL_EXPORT_H

#include "command.h"

enum cw_status export_run(struct call *call, struct cw_error *err);

#endif
