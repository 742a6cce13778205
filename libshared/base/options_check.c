/* What the checks of a source say about a reading. */
#include <stdarg.h>
#include <string.h>

#include "base/options_state.h"

struct cw_faults {
    struct cw_options *options;
    const struct cw_reading *reading;
    const char *name;
    const char *origin;
};

void cw_faults_add(struct cw_faults *faults, const char *format, ...)
{
    va_list args;
    struct cw_error text;
    va_start(args, format);
    (void)vsnprintf(text.text, sizeof(text.text), format, args);
    va_end(args);
    cw_options_add_fault(faults->options, "%s: %s: %s", faults->origin,
                         faults->name, text.text);
}

/* NULL: no such row. */
static const struct cw_setting *find_setting(const struct cw_options *options,
                                             const struct cw_reading *reading,
                                             const char *name,
                                             enum cw_option_type type)
{
    for (size_t i = 0; i < options->count; i++)
        if (options->table[i].type == type &&
            strcmp(options->table[i].name, name) == 0)
            return &reading->settings[i];
    return NULL;
}

bool cw_faults_truth(const struct cw_faults *faults, const char *name)
{
    const struct cw_setting *setting =
        find_setting(faults->options, faults->reading, name, CW_OPT_BOOL);
    return setting != NULL && setting->value.truth;
}

static void check_kafka(struct cw_options *options,
                        const struct cw_passthrough *extra)
{
    struct cw_error err;
    if (options->source.check_kafka(extra->key, extra->value, &err) == CW_OK)
        return;
    cw_options_add_fault(options, "%s: kafka.%s: %s", extra->origin, extra->key,
                         err.text);
}

void cw_options_check(struct cw_options *options,
                      const struct cw_reading *reading)
{
    const struct cw_options_source *source = &options->source;
    for (size_t i = 0; i < source->check_count; i++) {
        const struct cw_option_check *check = &source->checks[i];
        const struct cw_setting *setting =
            find_setting(options, reading, check->name, CW_OPT_TEXT);
        if (setting == NULL || setting->value.text == NULL)
            continue; /* refused already */
        struct cw_faults faults = {options, reading, check->name,
                                   setting->origin};
        check->check(setting->value.text, &faults);
    }
    if (source->check_kafka == NULL)
        return;
    for (size_t i = 0; i < reading->extra_count; i++)
        check_kafka(options, &reading->extras[i]);
}
