/*
 * canonical - the final records on the topics, as two runs are compared.
 *
 * Place    cwctl canonical: topics -> canonical_lines -> standard output; the
 *          same lines come from cwctl replay --canonical
 */
#ifndef CWCTL_CANONICAL_H
#define CWCTL_CANONICAL_H

#include "command.h"

enum cw_status canonical_run(struct call *call, struct cw_error *err);

#endif
