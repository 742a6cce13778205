/*
 * signal - what an alert and an anomaly have in common: something is wrong
 * with an entity since a time.
 *
 * Place    event or anomaly record -> [signal] -> silence, group, incident
 * Output   borrows the record's texts; corr_signal_keep copies it into one
 *          block for those that must wait
 * Limits   titles are cut to CORR_TITLE_SIZE bytes; at most CORR_LABELS_MAX
 *          labels; a record with longer names than CORR_NAME_SIZE is refused
 * Threads  pure
 */
#ifndef CORRELATE_SIGNAL_H
#define CORRELATE_SIGNAL_H

#include "correlate/keep.h"

#define CORR_TITLE_SIZE 200u
#define CORR_NAME_SIZE  256u
#define CORR_LABELS_MAX 32u

enum corr_signal_kind {
    CORR_METRIC,
    CORR_MISSING,
    CORR_NEW_PATTERN,
    CORR_PATTERN_RATE,
    CORR_ALERT
};

/* Why a signal enters a second time: the ledger says so. */
enum corr_again { CORR_ONCE, CORR_UNSILENCED, CORR_GROWN };

struct corr_signal {
    uint64_t id; /* of what is remembered: fingerprint or anomaly id, hashed */
    uint64_t entity_id;
    uint64_t series; /* two signals of one series are no company */
    enum corr_signal_kind kind;
    enum corr_again again;
    double strength;         /* score, or the peak it has risen to since */
    bool drill;              /* label drill=true: never in MTTD or MTTR */
    struct cw_member member; /* without a reason yet */
    struct cw_text metric;
    struct cw_text source;
    const struct cw_key_value *labels;
    size_t labels_count;
};

/* id is the alert's fingerprint. Texts made are lent from arena.
 * CW_BAD_RECORD: names too long; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_signal_of_event(struct corr_signal *signal,
                                                const struct cw_event *event,
                                                uint64_t fingerprint,
                                                struct cw_arena *arena,
                                                struct cw_error *err);
CW_MUST_USE enum cw_status
corr_signal_of_anomaly(struct corr_signal *signal,
                       const struct cw_anomaly *anomaly, struct cw_arena *arena,
                       struct cw_error *err);

/* Value of a label by name; entity, kind, metric, source, severity and title
 * are always there. Empty when it has none. */
struct cw_text corr_signal_label(const struct corr_signal *signal,
                                 struct cw_text name);

/* A copy the caller frees with free(). NULL: no memory. */
struct corr_signal *corr_signal_keep(const struct corr_signal *signal);

void corr_signal_save(const struct corr_signal *signal, struct cw_pack *out);
/* Texts borrow the bytes, arrays come from arena. */
CW_MUST_USE enum cw_status corr_signal_load(struct corr_signal *signal,
                                            struct cw_unpack *in,
                                            struct cw_arena *arena,
                                            struct cw_error *err);

#endif
