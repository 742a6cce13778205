#include "correlate/ident.h"

#include "base/hash.h"

static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
_Static_assert(sizeof(letters) == 33, "32 letters: five bits each");

uint32_t corr_ident_number(const struct corr_ident_facts *facts,
                           uint32_t attempt)
{
    uint64_t hash = cw_hash_text(facts->tenant);
    hash = cw_hash_mix_text(hash, facts->domain);
    hash = cw_hash_mix_text(hash, facts->member);
    hash = cw_hash_mix(hash, (uint64_t)facts->started_at);
    for (uint32_t i = 0; i < attempt; i++)
        hash = cw_hash_mix(hash, i);
    return (uint32_t)(hash >> 39);
}

void corr_ident_print(uint32_t number, char out[CORR_IDENT_SIZE])
{
    memcpy(out, "INC-", 4);
    for (unsigned i = 0; i < 5; i++)
        out[4 + i] = letters[(number >> (20 - 5 * i)) & 31u];
    out[9] = '\0';
}
