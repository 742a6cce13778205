/*
 * say - what people tell the engine: acknowledge, resolve, label, approve,
 * reject, stop and start repairs.
 *
 * Place    cwctl ack, ...: arguments -> [say] -> JSON on raw.commands
 * Input    the record spoken of is looked up first, for its tenant and domain
 *          (unless --domain says them), and an approval for the hash of what
 *          it approves
 * Output   one command; with --wait the call ends when the engine has taken it
 *          in: when it stands on topic said
 */
#ifndef CWCTL_SAY_H
#define CWCTL_SAY_H

#include "command.h"

enum cw_status say_ack_run(struct call *call, struct cw_error *err);
enum cw_status say_resolve_run(struct call *call, struct cw_error *err);
enum cw_status say_label_run(struct call *call, struct cw_error *err);
enum cw_status say_approve_run(struct call *call, struct cw_error *err);
enum cw_status say_reject_run(struct call *call, struct cw_error *err);
enum cw_status say_repair_stop_run(struct call *call, struct cw_error *err);
enum cw_status say_repair_start_run(struct call *call, struct cw_error *err);

#endif
