/*
 * probe - asks a service's admin port, as a container's health check does.
 *
 * Place    main.c with --probe: admin.address, admin.port -> exit code
 * Input    where the service listens, a path of its admin port
 * Output   CW_OK for an answer 200, else what it said
 * Limits   numeric addresses; 3 s in all; 1 KiB of the answer is looked at
 * Threads  any
 * Source   HTTP/1.1: RFC 9112
 */
#ifndef CW_BASE_PROBE_H
#define CW_BASE_PROBE_H

#include <stdint.h>

#include "base/status.h"

/* An address that means every one (0.0.0.0, ::) is asked on loopback.
 * CW_BAD_CONFIG: no address, or port 0, which nobody can know from outside;
 * CW_UNAVAILABLE: no answer, or another than 200, whose words are in err. */
CW_MUST_USE enum cw_status cw_probe(const char *address, uint16_t port,
                                    const char *path, struct cw_error *err);

#endif
