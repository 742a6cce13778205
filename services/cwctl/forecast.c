#include "forecast.h"

#include <math.h>
#include <stdlib.h>

#include "detector/forecast.h"
#include "series_file.h"

struct samples {
    struct forecast_sample *all;
    size_t count;
    size_t capacity;
};

static enum cw_status add_sample(struct samples *samples,
                                 const struct series_row *row,
                                 struct cw_error *err)
{
    if (samples->count == samples->capacity) {
        const size_t capacity =
            samples->capacity ? samples->capacity * 2 : 1024;
        struct forecast_sample *grown =
            realloc(samples->all, capacity * sizeof(*grown));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "%zu samples", capacity);
        samples->all = grown;
        samples->capacity = capacity;
    }
    samples->all[samples->count++] =
        (struct forecast_sample){row->at, row->value};
    return CW_OK;
}

/* A missing value is a hole, and holes are bridged. */
static enum cw_status read_samples(struct samples *samples,
                                   struct series_file *file,
                                   struct cw_error *err)
{
    for (;;) {
        struct series_row row;
        bool found;
        enum cw_status status = series_file_next(file, &row, &found, err);
        if (status != CW_OK || !found)
            return status;
        if (isfinite(row.value))
            status = add_sample(samples, &row, err);
        if (status != CW_OK)
            return status;
    }
}

static enum cw_status print_forecast(const struct samples *samples,
                                     size_t horizon, FILE *out,
                                     struct cw_error *err)
{
    struct forecast_step *steps = calloc(horizon, sizeof(*steps));
    if (steps == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu steps", horizon);
    const enum cw_status status =
        forecast_make(samples->all, samples->count, horizon, steps, err);
    if (status == CW_OK)
        (void)fputs("step,mean,lower,upper\n", out);
    for (size_t i = 0; i < horizon && status == CW_OK; i++)
        (void)fprintf(out, "%zu,%.10g,%.10g,%.10g\n", i + 1, steps[i].mean,
                      steps[i].lower, steps[i].upper);
    free(steps);
    return status;
}

enum cw_status forecast_run(struct call *call, struct cw_error *err)
{
    int64_t horizon = 24;
    struct samples samples = {0};
    struct series_file *file = NULL;
    enum cw_status status =
        call_number(call, "horizon", 1, FORECAST_STEPS, &horizon, err);
    if (status == CW_OK)
        status = series_file_open(
            &file, call->word_count > 0 ? call->words[0] : "-", err);
    if (status == CW_OK)
        status = read_samples(&samples, file, err);
    if (status == CW_OK)
        status = print_forecast(&samples, (size_t)horizon, call->out, err);
    series_file_close(&file);
    free(samples.all);
    return status;
}
