/*
 * recognise - which format a record is in, and whose it is.
 *
 * Place    core: topic, headers and bytes -> [recognise] -> format
 * Input    the configured table first, the built-in one second; any other
 *          topic, and those configured `auto`, by looking at the bytes
 * Output   a pure function of topic and bytes: what was sniffed before is not
 *          remembered, since a memory lost by a restart could change what a
 *          later record is taken for. Every sniff is counted by format
 * Limits   OTLP signals are told by the wire types of their first item, which
 *          is no proof: name the topic's format where it matters
 * Threads  pure
 */
#ifndef NORMALIZER_RECOGNISE_H
#define NORMALIZER_RECOGNISE_H

#include "formats/format.h"

/* One row of configuration. Texts NULL or empty: not set. */
struct normalizer_topic {
    const char *topic;
    const char *format; /* NULL = auto */
    const char *tenant;
    const char *domain; /* NULL = the tenant */
    const char *unit;   /* of bare timestamps: s, ms, us, ns; NULL = auto */
};

struct recognised {
    enum format format;
    struct cw_text tenant; /* empty: not configured */
    struct cw_text domain;
    enum instant_unit unit;
};

/* CW_BAD_CONFIG: a format or unit nobody knows. */
CW_MUST_USE enum cw_status recognise_check(const struct normalizer_topic *rows,
                                           size_t count, struct cw_error *err);

/* By name only; FORMAT_AUTO when the bytes must tell. */
struct recognised recognise_topic(const struct normalizer_topic *rows,
                                  size_t count, struct cw_text topic);

/* By bytes. CW_UNKNOWN_FORMAT. */
CW_MUST_USE enum cw_status recognise_bytes(enum format *format,
                                           struct tree_parser *parser,
                                           struct cw_text bytes,
                                           struct cw_arena *arena,
                                           struct cw_error *err);

#endif
