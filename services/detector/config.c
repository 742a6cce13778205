#include "config.h"

#include "record/records.h"

struct detector_config detector_config_default(void)
{
    return (struct detector_config){
        .open_surprise = 5.0,
        .confirm_surprise = 4.2,
        .close_surprise = 2.5,
        .min_relative = 0.05,
        .persist_us = 10 * DETECTOR_SECOND,
        .accept_after_us = 2 * DETECTOR_HOUR,
        .max_series = 65536,
        .max_entities = 16384,
        .missing_floor_us = 30 * DETECTOR_SECOND,
        .missing_alone_us = 2 * DETECTOR_MINUTE,
        .forget_after_us = DETECTOR_DAY,
        .missing = true,
    };
}

/* Errors: one failed call is noise, a few are not. Availability: 1 -> 0 is the
 * whole story, and 99.9 % -> 99 % matters. Traffic and logs come in bursts, as
 * when a client connects anew; that they stop is the whole story again. */
static const struct family_trait traits[CW_FAMILY_COUNT] = {
    [CW_FAMILY_OTHER] = {DIRECTION_BOTH, 1.0, 1.0, 1, false, false},
    [CW_FAMILY_LATENCY] = {DIRECTION_UP, 1.0, 1.0, 6, false, false},
    [CW_FAMILY_ERRORS] = {DIRECTION_UP, 0.2, 1.0, 6, false, false},
    [CW_FAMILY_TRAFFIC] = {DIRECTION_BOTH, 1.0, 1.0, 1, true, false},
    [CW_FAMILY_SATURATION] = {DIRECTION_UP, 1.0, 1.0, 6, false, false},
    [CW_FAMILY_AVAILABILITY] = {DIRECTION_DOWN, 1.0, 0.1, 6, false, true},
    [CW_FAMILY_LOGS] = {DIRECTION_BOTH, 1.0, 1.0, 1, true, false},
    [CW_FAMILY_OCCUPANCY] = {DIRECTION_UP, 1.0, 1.0, 1, false, false},
};

const struct family_trait *family_trait(int family)
{
    if (family < 0 || family >= CW_FAMILY_COUNT)
        return &traits[CW_FAMILY_OTHER];
    return &traits[family];
}
