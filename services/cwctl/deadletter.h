/*
 * deadletter - what could not be read, and putting it in again.
 *
 * Place    cwctl deadletter list, retry: topic deadletter -> [deadletter]
 * Output   list: a row a letter; retry: the record as it was on its raw topic
 *          again, with its Kafka timestamp, header causeway-retry one higher,
 *          and causeway-retry-of: the letter's topic/partition/offset. A letter
 *          whose retry stands on its raw topic already is passed over, so a
 *          second call sends nothing; --again sends it all the same
 * Limits   a letter that lost a part for its size, stands for a part of a
 *          record only, or for an item that a stage behind the normalizer
 *          refused, is not put in again. Retries are known for as long as
 *          the raw topic keeps them. A retry that is refused is a new letter.
 *          Two calls at the same time do not know of each other
 */
#ifndef CWCTL_DEADLETTER_H
#define CWCTL_DEADLETTER_H

#include "command.h"

enum cw_status deadletter_list_run(struct call *call, struct cw_error *err);
enum cw_status deadletter_retry_run(struct call *call, struct cw_error *err);

#endif
