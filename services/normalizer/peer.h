/*
 * peer - the remote side a client or producer span names itself.
 *
 * Place    draft: attributes of a span -> [peer] -> cw_span.peer
 * Output   first that is named: peer.service -> service; a database
 *          (db.system) -> database, by server.address, db.namespace, db.name,
 *          else the system; messaging.system -> queue, by destination, else
 *          the system; server.address, net.peer.name, ... -> host.
 *          Empty for kinds that call nobody
 * Threads  pure
 * Source   OpenTelemetry semantic conventions, old and new spellings
 */
#ifndef NORMALIZER_PEER_H
#define NORMALIZER_PEER_H

#include "labels.h"

struct cw_entity peer_of(enum cw_span_kind kind, const struct labels *labels);

#endif
