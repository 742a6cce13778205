#include "score.h"

#include <stdlib.h>

#include "base/fixmath.h"
#include "record/records.h"
#include "series.h"

struct detector_score {
    struct detector_config config;
    struct series series;
    struct detector_score_result last;
};

enum cw_status detector_score_create(struct detector_score **made,
                                     const struct detector_config *config,
                                     struct cw_error *err)
{
    struct detector_score *scorer = calloc(1, sizeof(*scorer));
    if (scorer == NULL)
        return cw_fail(err, CW_NO_MEMORY, "detector_score");
    scorer->config = config != NULL ? *config : detector_config_default();
    series_init(&scorer->series);
    *made = scorer;
    return CW_OK;
}

void detector_score_destroy(struct detector_score **scorer)
{
    if (*scorer == NULL)
        return;
    series_fini(&(*scorer)->series);
    free(*scorer);
    *scorer = NULL;
}

struct detector_score_result detector_score_feed(struct detector_score *scorer,
                                                 int64_t event_at, double value)
{
    const struct model_nature nature = {family_trait(CW_FAMILY_OTHER), 0.0};
    struct series_verdict verdict;
    const enum sample_fate fate = series_sample(
        &scorer->series, &scorer->config, &nature, event_at, value, &verdict);
    if (fate != SAMPLE_TAKEN) {
        scorer->last.score = 0.0;
        return scorer->last;
    }
    const struct judgement *judged = &verdict.judged;
    scorer->last = (struct detector_score_result){
        .score = judged->score,
        .expected = cw_round6(judged->expected),
        .lower = cw_round6(judged->lower),
        .upper = cw_round6(judged->upper),
        .has_band = judged->warm,
        .anomalous = scorer->series.episode.open,
    };
    return scorer->last;
}
