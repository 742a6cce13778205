/*
 * topics - what an installation's topics should be, and making them so.
 *
 * Place    cwctl topics plan, topics create: topic_plan -> [topics] -> Kafka
 * Output   a row a topic; create: the missing topics, then the Manifest record
 *          when it says something new
 */
#ifndef CWCTL_TOPICS_H
#define CWCTL_TOPICS_H

#include "command.h"

enum cw_status topics_plan_run(struct call *call, struct cw_error *err);
enum cw_status topics_create_run(struct call *call, struct cw_error *err);

#endif
