/*
 * ident - the name of an incident that people can say: INC-7Q4K2.
 *
 * Place    opening of an incident -> [ident]
 * Output   "INC-" and five of 32 letters without 0, 1, I and O: 25 bits
 * Limits   two incidents may draw one name: the owner of the names asks again
 *          with the next attempt
 * Threads  pure
 */
#ifndef CORRELATE_IDENT_H
#define CORRELATE_IDENT_H

#include <stdint.h>

#include "base/text.h"

#define CORR_IDENT_SIZE 10u /* with the terminating 0 */

struct corr_ident_facts {
    struct cw_text tenant;
    struct cw_text domain;
    struct cw_text member; /* id of the first member */
    int64_t started_at;
};

/* 25 bits of the content; attempt counts from 0. */
uint32_t corr_ident_number(const struct corr_ident_facts *facts,
                           uint32_t attempt);

void corr_ident_print(uint32_t number, char out[CORR_IDENT_SIZE]);

#endif
