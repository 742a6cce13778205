#include "score.h"

#include <inttypes.h>

#include "detector/score.h"
#include "csv.h"
#include "engine.h"
#include "series_file.h"

static void print_row(const struct series_row *row,
                      const struct detector_score_result *result, FILE *out)
{
    csv_write(row->time_text, out);
    (void)fputc(',', out);
    csv_write(row->value_text, out);
    (void)fprintf(out, ",%.6f,", result->score);
    if (result->has_band)
        (void)fprintf(out, "%.10g,%.10g,%.10g", result->expected, result->lower,
                      result->upper);
    else
        (void)fputs(",,", out);
    (void)fprintf(out, ",%d\n", result->anomalous ? 1 : 0);
}

static enum cw_status score_rows(struct detector_score *scorer,
                                 struct series_file *file, FILE *out,
                                 struct cw_error *err)
{
    (void)fputs("timestamp,value,score,expected,lower,upper,anomalous\n", out);
    for (;;) {
        struct series_row row;
        bool found;
        const enum cw_status status = series_file_next(file, &row, &found, err);
        if (status != CW_OK || !found)
            return status;
        const struct detector_score_result result =
            detector_score_feed(scorer, row.at, row.value);
        print_row(&row, &result, out);
    }
}

enum cw_status score_run(struct call *call, struct cw_error *err)
{
    struct engine *engine = NULL;
    struct detector_score *scorer = NULL;
    struct series_file *file = NULL;
    enum cw_status status =
        engine_create(&engine, call_option(call, "config"), err);
    if (status == CW_OK)
        status = detector_score_create(&scorer, engine_detector(engine), err);
    if (status == CW_OK)
        status = series_file_open(
            &file, call->word_count > 0 ? call->words[0] : "-", err);
    if (status == CW_OK)
        status = score_rows(scorer, file, call->out, err);
    series_file_close(&file);
    detector_score_destroy(&scorer);
    engine_destroy(&engine);
    return status;
}
