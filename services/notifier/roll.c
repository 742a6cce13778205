#include "roll.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map64.h"

#define TOLD_MAX  16384
#define ENDED_MAX 32768

struct notifier_roll {
    struct cw_map64 *told;     /* incident -> mask of targets */
    struct cw_map64 *ended[2]; /* delivery -> ending; the newer first */
};

enum cw_status notifier_roll_create(struct notifier_roll **made,
                                    struct cw_error *err)
{
    struct notifier_roll *roll = calloc(1, sizeof(*roll));
    if (roll == NULL)
        return cw_fail(err, CW_NO_MEMORY, "roll");
    enum cw_status status = cw_map64_create(&roll->told, TOLD_MAX, err);
    for (size_t i = 0; status == CW_OK && i < 2; i++)
        status = cw_map64_create(&roll->ended[i], ENDED_MAX, err);
    if (status != CW_OK) {
        notifier_roll_destroy(&roll);
        return status;
    }
    *made = roll;
    return CW_OK;
}

void notifier_roll_destroy(struct notifier_roll **roll)
{
    if (*roll == NULL)
        return;
    cw_map64_destroy(&(*roll)->told);
    cw_map64_destroy(&(*roll)->ended[0]);
    cw_map64_destroy(&(*roll)->ended[1]);
    free(*roll);
    *roll = NULL;
}

uint64_t notifier_roll_incident(struct cw_text tenant, struct cw_text incident)
{
    const uint64_t key = cw_hash_mix_text(cw_hash_text(tenant), incident);
    return key ? key : 1;
}

uint64_t notifier_roll_delivery(struct cw_text tenant, struct cw_text notice,
                                const char *target)
{
    return cw_hash_mix_text(cw_hash_mix_text(cw_hash_text(tenant), notice),
                            cw_text_of(target));
}

uint64_t notifier_roll_told(const struct notifier_roll *roll, uint64_t incident)
{
    uint64_t told = 0;
    return cw_map64_find(roll->told, incident, &told) ? told : 0;
}

void notifier_roll_tell(struct notifier_roll *roll, uint64_t incident,
                        enum cw_transition transition, size_t target)
{
    const uint64_t bit = UINT64_C(1) << target;
    const bool over = transition == CW_TRANSITION_RESOLVED;
    const uint64_t before = notifier_roll_told(roll, incident);
    const uint64_t now = over ? before & ~bit : before | bit;
    struct cw_error full = {0};
    if (now == 0)
        (void)cw_map64_remove(roll->told, incident);
    else if (cw_map64_put(roll->told, incident, now, &full) != CW_OK)
        return; /* see Limits */
}

enum notifier_ending notifier_roll_ending(const struct notifier_roll *roll,
                                          uint64_t delivery)
{
    uint64_t ending = NOTIFIER_OPEN;
    if (!cw_map64_find(roll->ended[0], delivery, &ending))
        (void)cw_map64_find(roll->ended[1], delivery, &ending);
    return (enum notifier_ending)ending;
}

void notifier_roll_end(struct notifier_roll *roll, uint64_t delivery,
                       enum notifier_ending ending)
{
    struct cw_error full = {0};
    if (cw_map64_count(roll->ended[0]) >= ENDED_MAX) {
        struct cw_map64 *oldest = roll->ended[1];
        roll->ended[1] = roll->ended[0];
        roll->ended[0] = oldest;
        cw_map64_clear(oldest);
    }
    if (cw_map64_put(roll->ended[0], delivery, (uint64_t)ending, &full) !=
        CW_OK)
        return; /* out of memory: the notice's age is what is left */
}
