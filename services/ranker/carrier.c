#include "carrier.h"

#define BUSY   1.5 /* severity: |z| of about 4 */
#define MOSTLY 0.8 /* of its severity is load */
#define ENOUGH 0.7 /* of the carrier's load, logarithmic */

bool ranker_carrier_carries(const struct ranker_link *link)
{
    return cw_text_is(cw_text_of(link->edge->kind), "runs_on");
}

bool ranker_carrier_busier(const struct ranker_scene *scene, uint32_t a,
                           uint32_t b)
{
    if (b == RANKER_NONE || scene->signs[a].busy > scene->signs[b].busy)
        return true;
    return scene->signs[a].busy == scene->signs[b].busy &&
           ranker_window_at(scene->window, a)->id <
               ranker_window_at(scene->window, b)->id;
}

uint32_t ranker_carrier_burden(const struct ranker_scene *scene, uint32_t place)
{
    const struct ranker_links *residents = &scene->view.callers;
    const struct ranker_sign *sign = &scene->signs[place];
    uint32_t burden = RANKER_NONE;
    uint32_t count = 0, busy = 0;

    if (sign->busy < BUSY || sign->busy < MOSTLY * sign->severity)
        return RANKER_NONE;
    for (uint32_t i = residents->first[place]; i < residents->first[place + 1];
         i++) {
        const uint32_t other = residents->links[i].other;
        if (!ranker_carrier_carries(&residents->links[i]))
            continue;
        count++;
        if (scene->signs[other].busy < ENOUGH * sign->busy)
            continue;
        busy++;
        if (ranker_carrier_busier(scene, other, burden))
            burden = other;
    }
    return busy == 1 || 2 * busy < count ? burden : RANKER_NONE;
}

bool ranker_carrier_loads(const struct ranker_scene *scene, uint32_t place,
                          const struct ranker_link *link)
{
    return ranker_carrier_carries(link) &&
           ranker_carrier_burden(scene, link->other) == place;
}
