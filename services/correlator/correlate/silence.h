/*
 * silence - signals a person does not want to hear of, until when and why.
 *
 * Place    said SILENCE, UNSILENCE -> [silence] -> entering signals
 * Input    matchers, all of which must hold; owner, reason and expiry are
 *          required: a silence nobody owns is one nobody ends
 * Limits   max_count silences; further ones are refused (CW_FULL)
 * Threads  one owner thread
 * Source   demands T5: an expired silence never returns
 */
#ifndef CORRELATE_SILENCE_H
#define CORRELATE_SILENCE_H

#include "correlate/signal.h"

#define CORR_MATCHERS_MAX 32u

struct corr_silence {
    uint64_t id; /* hash of name */
    struct cw_text name;
    struct cw_text by;
    struct cw_text reason;
    int64_t expires_at;
    const struct cw_matcher *matchers;
    size_t matchers_count;
};

struct corr_silences {
    struct corr_silence **list; /* in order of entry; each one block */
    size_t count;
    size_t capacity;
    size_t max_count;
};

void corr_silences_fini(struct corr_silences *silences);

uint64_t corr_silence_id(struct cw_text name);

/* Takes a silence in; *made is its entry. CW_BAD_RECORD: matcher, owner,
 * reason or a future expiry is missing; CW_FULL; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_silences_add(struct corr_silences *silences,
                                             const struct cw_said *said,
                                             int64_t now_at,
                                             const struct corr_silence **made,
                                             struct cw_error *err);

/* False when there is none of that id. */
bool corr_silences_remove(struct corr_silences *silences, uint64_t id);

/* The oldest silence that covers the signal, NULL when none does. */
const struct corr_silence *
corr_silences_find(const struct corr_silences *silences,
                   const struct corr_signal *signal);

/* value may end in '*' for any rest; severity is compared without case. */
bool corr_matcher_holds(const struct cw_matcher *matcher,
                        const struct corr_signal *signal);

void corr_silences_save(const struct corr_silences *silences,
                        struct cw_pack *out);
CW_MUST_USE enum cw_status corr_silences_load(struct corr_silences *silences,
                                              struct cw_unpack *in,
                                              struct cw_error *err);

#endif
