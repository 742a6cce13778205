/*
 * zone - wall-clock time of a place, for people who read a page at night.
 *
 * Place    forms -> [zone] -> the system's time zone files
 * Input    a name such as "Europe/Berlin"; "UTC" needs no file
 * Limits   files up to 64 KiB; instants after the last transition of the file
 *          (2037 in Debian's) keep its last offset
 * Threads  immutable after open
 * Source   RFC 8536 (TZif), version 2 and up
 */
#ifndef NOTIFIER_ZONE_H
#define NOTIFIER_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define NOTIFIER_ZONE_TEXT_SIZE 64

struct notifier_zone;

/* folder NULL = /usr/share/zoneinfo. CW_BAD_CONFIG: no such zone, or a name
 * that is no name of a zone. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status notifier_zone_open(struct notifier_zone **made,
                                              const char *folder,
                                              const char *name,
                                              struct cw_error *err);
void notifier_zone_close(struct notifier_zone **zone);

/* "2026-03-01 12:00:00 UTC", and with a zone other than UTC also
 * " (13:00:00 CET)", with its date when that differs. Always terminated;
 * zone may be NULL. Returns the length. */
size_t notifier_zone_format(const struct notifier_zone *zone, int64_t at,
                            char out[NOTIFIER_ZONE_TEXT_SIZE]);

#endif
