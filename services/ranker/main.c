/*
 * causeway-ranker: incidents, evidence, changes, topology -> causes.
 *
 * The data's path: evidence is remembered per entity (window.c); a new or
 * changed incident gathers candidates over the topology (candidate.c), each is
 * measured (signs.c) and scored (score.c), or the answer is unknown
 * (unknown.c); the words come from templates (words.c).
 */
#include "config.h"
#include "core.h"
#include "stream/service.h"

struct options {
    struct cw_service_options common;
    struct ranker_config ranker;
};

static const struct cw_option rows[] = {RANKER_OPTIONS(struct options, ranker)};

int main(int count, char **arguments)
{
    struct options options = {.ranker = RANKER_CONFIG_DEFAULT};
    const struct cw_option_group group = {rows, sizeof(rows) / sizeof(rows[0]),
                                          &options};
    const struct cw_service_part part = {CW_SERVICE_RANKER, &cw_flow_merged,
                                         &ranker_core_type, &options.ranker};
    const struct cw_program program = {
        .name = "ranker",
        .summary = "ranks the causes of each incident",
        .options = &options.common,
        .stall = "40s",
        .groups = &group,
        .group_count = 1,
        .parts = &part,
        .part_count = 1,
    };
    return cw_service_main(&program, count, arguments);
}
