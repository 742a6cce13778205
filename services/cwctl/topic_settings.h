/*
 * topic_settings - how the topics that are there are kept, against the plan.
 *
 * Place    topics plan, topics create, doctor: DescribeConfigs ->
 *          [topic_settings] -> topic_plan_compare
 * Limits   one request; raw topics are not asked for
 * Threads  one owner thread
 */
#ifndef CWCTL_TOPIC_SETTINGS_H
#define CWCTL_TOPIC_SETTINGS_H

#include "topic_plan.h"

/* CW_NOT_AUTHORISED: it needs DescribeConfigs on the topics; CW_UNAVAILABLE. */
CW_MUST_USE enum cw_status topic_settings_compare(struct client *client,
                                                  struct topic_plan *plan,
                                                  struct cw_error *err);

#endif
