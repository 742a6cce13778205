/*
 * plain - text from outside made fit for one line of a message.
 *
 * Place    story, slack, webhook -> [plain]
 * Output   valid UTF-8 on one line: control characters become spaces, marks
 *          that turn the writing direction and the zero-width ones vanish,
 *          what is too long ends in an ellipsis
 * Limits   as given, counted in characters
 * Threads  pure
 */
#ifndef NOTIFIER_FORMS_PLAIN_H
#define NOTIFIER_FORMS_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/* Lends a cleaned copy of at most max_count characters, terminated as well.
 * Empty when the arena is full. */
struct cw_text notifier_plain(struct cw_arena *arena, struct cw_text text,
                              size_t max_count);

/* A word that needs no quoting in a shell: letters, digits and _ . - only. */
bool notifier_plain_is_word(struct cw_text text);

#endif
