/*
 * deadletter - what could not be read, and putting it in again.
 *
 * Place    cwctl deadletter list, retry: topic deadletter -> [deadletter]
 * Output   list: a row a letter; retry: the record as it was on its raw topic
 *          again, with header causeway-retry one higher
 * Limits   a letter that lost a part for its size, or stands for a part of a
 *          record only, is not put in again
 */
#ifndef CWCTL_DEADLETTER_H
#define CWCTL_DEADLETTER_H

#include "command.h"

enum cw_status deadletter_list_run(struct call *call, struct cw_error *err);
enum cw_status deadletter_retry_run(struct call *call, struct cw_error *err);

#endif
