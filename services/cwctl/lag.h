/*
 * lag - how far behind each stage is.
 *
 * Place    cwctl lag, doctor: groups' committed offsets and ends of topics
 * Output   a row a group and topic (with --partitions: and partition)
 */
#ifndef CWCTL_LAG_H
#define CWCTL_LAG_H

#include "client.h"
#include "topic_plan.h"

enum cw_status lag_run(struct call *call, struct cw_error *err);

#endif
