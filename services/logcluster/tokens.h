/*
 * tokens - cuts a line into runs of word bytes and the gaps between them.
 *
 * Place    line -> [tokens] -> skeleton
 * Input    any bytes; no encoding is assumed, bytes from 0x80 on are letters
 * Output   run: offsets and the union of the classes of its bytes;
 *          gap: which delimiters it held
 * Limits   reads inside [at, end) only; allocates nothing
 * Threads  pure
 */
#ifndef LOGCLUSTER_TOKENS_H
#define LOGCLUSTER_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

/* Classes of the bytes of a run. */
enum tokens_class {
    TOKENS_DELIMITER = 1,
    TOKENS_DIGIT = 2,
    TOKENS_LETTER = 4,
    TOKENS_UPPER = 8,
    TOKENS_DOT = 16,
    TOKENS_SLASH = 32, /* / and \ */
    TOKENS_NOT_HEX = 64,
    TOKENS_SIGN = 128 /* any other punctuation: _ - @ # $ % & * + ... */
};

/* Delimiters of a gap. */
enum tokens_gap_kind {
    TOKENS_SPACE = 1,
    TOKENS_EQUAL = 2,
    TOKENS_COLON = 4,
    TOKENS_COMMA = 8, /* , and ; and | */
    TOKENS_OPEN = 16, /* ( [ { < */
    TOKENS_CLOSE = 32,
    TOKENS_QUOTE = 64,
    TOKENS_NEWLINE = 128
};

struct tokens_run {
    size_t at;
    size_t size; /* > 0 */
    unsigned classes;
};

struct tokens_gap {
    size_t at;
    size_t size; /* may be 0 at the start of a line */
    unsigned kinds;
    bool opens_round;  /* its last round bracket is ( */
    bool closes_round; /* it holds a ) that closes an earlier ( */
};

/* The gap that begins at `at`; it ends where the next run begins or at end. */
struct tokens_gap tokens_gap(const char *bytes, size_t at, size_t end);

/* The run that begins at `at`, which must not be a delimiter, at < end. */
struct tokens_run tokens_run(const char *bytes, size_t at, size_t end);

bool tokens_is_delimiter(char byte);

#endif
