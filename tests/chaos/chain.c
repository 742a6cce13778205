/*
 * chain - the loop proven before any service: the simulator's three cores as
 * processes on a real broker. chain skeleton|a|b [options of a service]
 */
#include <stdio.h>
#include <string.h>

#include "sim_cores.h"
#include "stream/service.h"

int main(int count, char **arguments)
{
    struct cw_service_options common = {0};
    const struct cw_service_part parts[] = {
        {CW_SERVICE_NORMALIZER, &cw_flow_raw, &sim_skeleton_type, NULL},
        {CW_SERVICE_DETECTOR, &cw_flow_merged, &sim_a_type, NULL},
        {CW_SERVICE_CORRELATE, &cw_flow_merged, &sim_b_type, NULL},
    };
    const char *const roles[] = {"skeleton", "a", "b"};
    for (size_t i = 0; count > 1 && i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(arguments[1], roles[i]) != 0)
            continue;
        const struct cw_program program = {
            .name = roles[i],
            .summary = "a core of the simulator on a real broker",
            .options = &common,
            .stall = "20s",
            .parts = &parts[i],
            .part_count = 1,
        };
        return cw_service_main(&program, count - 1, arguments + 1);
    }
    (void)fprintf(stderr, "usage: chain skeleton|a|b [--config FILE]\n");
    return 64;
}
