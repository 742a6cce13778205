/*
 * causeway-normalizer: raw topics -> metrics, logs, spans, events, said;
 * deadletter, clock.
 *
 * The data's path: each raw partition has its stream time (rawtask), the
 * record's format is known or recognised (recognise.c), its module reads it
 * (formats/), what identifies it becomes entity and series (entity.c,
 * series_id.c), secrets are taken out (redact.c), and the rest goes on in our
 * own words; what cannot be read becomes a dead letter with its reason.
 */
#include "core.h"
#include "options.h"
#include "stream/service.h"
#include "stream/stream_metrics.h"
#include "tally.h"

static void collect(void *context, struct cw_metrics *metrics)
{
    const struct normalizer_settings *settings = context;
    normalizer_tally_collect(settings->config.tally, metrics,
                             cw_stream_metric_count);
}

int main(int count, char **arguments)
{
    struct {
        struct cw_service_options common;
        struct normalizer_settings settings;
    } options = {0};
    struct normalizer_tally tally = {0};
    options.settings.config.tally = &tally;
    const struct cw_option_group group = {
        normalizer_options, normalizer_option_count, &options.settings};
    const struct cw_service_part part = {CW_SERVICE_NORMALIZER, &cw_flow_raw,
                                         &normalizer_core_type,
                                         &options.settings.config};
    const struct cw_program program = {
        .name = "normalizer",
        .summary = "reads what existing pipelines write",
        .options = &options.common,
        .groups = &group,
        .group_count = 1,
        .parts = &part,
        .part_count = 1,
        .metrics = normalizer_metrics,
        .metric_count = normalizer_metric_count,
        .collect = collect,
        .checks = normalizer_checks,
        .check_count = normalizer_check_count,
        .configure = normalizer_configure,
        .context = &options.settings,
    };
    return cw_service_main(&program, count, arguments);
}
