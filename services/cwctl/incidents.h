/*
 * incidents - what is wrong, why, and what is done about it.
 *
 * Place    cwctl incidents list, show, explain: topics incidents, causes,
 *          actions -> [incidents] -> people
 * Output   list: a row an incident, newest first; show and explain: text, or
 *          with -o json the records themselves
 */
#ifndef CWCTL_INCIDENTS_H
#define CWCTL_INCIDENTS_H

#include "command.h"

enum cw_status incidents_list_run(struct call *call, struct cw_error *err);
enum cw_status incidents_show_run(struct call *call, struct cw_error *err);
enum cw_status incidents_explain_run(struct call *call, struct cw_error *err);

#endif
