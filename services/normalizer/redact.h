/*
 * redact - takes secrets and personal data out of what people write.
 *
 * Place    draft: bodies, titles, details and label values, before anything
 *          is emitted; nothing unredacted leaves the normalizer but the dead
 *          letter, which is the producer's own bytes
 * Input    clean UTF-8
 * Output   the same text with
 *   [secret]  the value of a key that names a secret (password=..., "token":
 *             "...", Authorization: Bearer ..., routing_key: ...), JSON web
 *             tokens, AWS access keys, PEM private keys
 *   [card]    13 to 19 digits, first digit 3 to 6, that pass Luhn's check
 *   [email]   local@host.tld
 * Limits   a guess from shapes; a secret that looks like a word is not found.
 *          One pass, no backtracking: linear in the text
 * Threads  pure
 * Source   card numbers: ISO/IEC 7812-1 annex B
 */
#ifndef NORMALIZER_REDACT_H
#define NORMALIZER_REDACT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/* Raised when the rules change: meta.redaction_version. */
#define REDACTION_VERSION 1

enum redact_rule {
    REDACT_SECRETS = 1,
    REDACT_CARDS = 2,
    REDACT_EMAILS = 4,
    REDACT_ALL = 7
};

/* Does this key name a secret? Its whole value goes then. */
bool redact_is_secret_key(struct cw_text key);

/* text itself when there is nothing to take out, else a copy in arena. False
 * and an empty text: the arena is full. */
bool redact_text(struct cw_text text, unsigned rules, struct cw_arena *arena,
                 struct cw_text *redacted);

#endif
