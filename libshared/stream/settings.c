#include "stream/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/kafka.h"
#include "stream/kafka_check.h"
#include "stream/service_options.h"
#include "stream/stream_metrics.h"

/* One table for the process: each group's offsets are moved to where its
 * struct lies, seen from the common one. */
static enum cw_status make_table(struct cw_settings *settings,
                                 struct cw_error *err)
{
    const struct cw_program *program = settings->program;
    size_t count = cw_service_option_count;
    for (size_t g = 0; g < program->group_count; g++)
        count += program->groups[g].count;
    settings->table = malloc(count * sizeof(*settings->table));
    if (settings->table == NULL)
        return cw_fail(err, CW_NO_MEMORY, "table of options");
    for (size_t i = 0; i < cw_service_option_count; i++) {
        struct cw_option *row = &settings->table[settings->row_count++];
        *row = cw_service_option_rows[i];
        if (strcmp(row->name, "stall.limit") == 0 && program->stall != NULL)
            row->fallback = program->stall;
    }
    for (size_t g = 0; g < program->group_count; g++) {
        const struct cw_option_group *group = &program->groups[g];
        const uintptr_t moved =
            (uintptr_t)group->target - (uintptr_t)program->options;
        for (size_t i = 0; i < group->count; i++) {
            struct cw_option *row = &settings->table[settings->row_count++];
            *row = group->table[i];
            row->offset += moved;
            row->flags |= CW_OPT_RESTART; /* a running core reads it */
        }
    }
    return CW_OK;
}

enum cw_status cw_settings_init(struct cw_settings *settings,
                                const struct cw_program *program,
                                struct cw_error *err)
{
    *settings = (struct cw_settings){.program = program};
    return make_table(settings, err);
}

void cw_settings_fini(struct cw_settings *settings)
{
    cw_options_destroy(&settings->options);
    free(settings->table);
    *settings = (struct cw_settings){0};
}

static void print_help(const struct cw_settings *settings)
{
    const struct cw_program *program = settings->program;
    cw_command_help(program->name, program->summary,
                    "CAUSEWAY_KAFKA_BROKERS=broker:9092", stdout);
    cw_options_help(settings->table, settings->row_count, stdout);
    printf("\nAny other option under kafka. goes to librdkafka verbatim.\n");
}

static void print_markdown(const struct cw_settings *settings, bool common)
{
    const struct cw_program *program = settings->program;
    if (common) {
        cw_options_markdown(cw_service_option_rows, cw_service_option_count,
                            stdout);
        (void)fputs("\n", stdout);
        cw_metrics_markdown(cw_stream_metrics, cw_stream_metric_count, stdout);
        (void)fputs("\nAnd of the console too:\n\n", stdout);
        cw_metrics_markdown_common(stdout);
        return;
    }
    if (program->stall != NULL)
        printf("`stall.limit` is %s here.\n\n", program->stall);
    if (settings->row_count > cw_service_option_count)
        cw_options_markdown(settings->table + cw_service_option_count,
                            settings->row_count - cw_service_option_count,
                            stdout);
    if (program->metric_count > 0) {
        (void)fputs("\n", stdout);
        cw_metrics_markdown(program->metrics, program->metric_count, stdout);
    }
}

bool cw_settings_print(const struct cw_settings *settings,
                       const struct cw_command *command)
{
    const struct cw_program *program = settings->program;
    if (command->help)
        print_help(settings);
    else if (command->version)
        printf("causeway-%s %s, librdkafka %s\n", program->name, CW_VERSION,
               rd_kafka_version_str());
    else if (command->markdown || command->markdown_common)
        print_markdown(settings, command->markdown_common);
    else
        return false;
    return true;
}

enum cw_status cw_settings_load(struct cw_settings *settings, const char *file,
                                struct cw_error *err)
{
    const struct cw_program *program = settings->program;
    const struct cw_options_source source = {
        .table = settings->table,
        .count = settings->row_count,
        .file = file,
        .checks = program->checks,
        .check_count = program->check_count,
        .check_kafka = cw_kafka_check,
    };
    const enum cw_status status = cw_options_load_checked(
        &settings->options, &source, program->options, err);
    cw_command_say_faults(settings->options, stderr);
    return status;
}
