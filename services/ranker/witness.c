#include "witness.h"

#include "carrier.h"

/* Series that the correlator makes of the callers' spans: topology/red.c. */
static bool is_hearsay(const struct ranker_sign *sign)
{
    return sign->track != NULL && sign->track->onset_at != 0 &&
           cw_text_starts(cw_text_of(sign->track->metric),
                          CW_TEXT("span.client.")) &&
           ranker_sign_is_symptom(sign);
}

/* Waiting takes no processor: who worked harder before it saw the other late,
 * and stands out as much, is not made busy by it. */
static bool was_busy(const struct ranker_sign *caller,
                     const struct ranker_sign *sign)
{
    return caller->busy >= RANKER_CLEARLY_ILL &&
           caller->busy >= sign->severity && caller->busy_at != 0 &&
           caller->busy_at <= sign->track->onset_at;
}

uint32_t ranker_witness_busy(const struct ranker_scene *scene, uint32_t place)
{
    const struct ranker_links *callers = &scene->view.callers;
    const struct ranker_sign *sign = &scene->signs[place];
    uint32_t busiest = RANKER_NONE;

    if (!is_hearsay(sign))
        return RANKER_NONE;
    for (uint32_t i = callers->first[place]; i < callers->first[place + 1];
         i++) {
        const uint32_t other = callers->links[i].other;
        if (!ranker_carrier_carries(&callers->links[i]) &&
            was_busy(&scene->signs[other], sign) &&
            ranker_carrier_busier(scene, other, busiest))
            busiest = other;
    }
    return busiest;
}
