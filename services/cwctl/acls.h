/*
 * acls - what each service may do, as commands for Kafka's own tool.
 *
 * Place    topics plan -> [acls] -> standard output
 * Source   design.md, Topics; service.c (groups and transactional ids)
 */
#ifndef CWCTL_ACLS_H
#define CWCTL_ACLS_H

#include <stdio.h>

#include "topic_plan.h"

void acls_print(const char *prefix, const struct topic_plan *plan, FILE *out);

#endif
