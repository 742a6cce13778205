#include "base/nearest.h"

#include <string.h>

#define WORD_MAX 96u

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned cw_edit_distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1]; /* distances of a's prefix to b's prefixes */
    const size_t a_size = strlen(a);
    const size_t b_size = strlen(b);
    if (a_size > WORD_MAX || b_size > WORD_MAX)
        return (unsigned)-1;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = (unsigned)j;
    for (size_t i = 0; i < a_size; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < b_size; j++) {
            const unsigned replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(diagonal, row[j]) + 1);
        }
    }
    return row[b_size];
}

const char *cw_nearer(const char *word, const char *best, const char *candidate)
{
    const unsigned distance = cw_edit_distance(word, candidate);
    if (distance > CW_NEAR_MAX)
        return best;
    return best == NULL || distance < cw_edit_distance(word, best) ? candidate
                                                                   : best;
}
