#include "engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "correlator/correlate/core.h"
#include "correlator/topology/core.h"
#include "detector/core.h"
#include "detector/model.h"
#include "logcluster/core.h"
#include "normalizer/options.h"
#include "ranker/core.h"
#include "remediator/decide/core.h"
#include "stream/service_options.h"

#define ROWS_MAX 256

/* The rows of one service: what its config_hash covers. */
struct part {
    size_t begin;
    size_t count;
};

struct settings {
    struct cw_service_options common;
    struct normalizer_settings normalizer;
    struct detector_config detector;
    struct logcluster_config logcluster;
    struct topology_config topology;
    struct correlate_config correlate;
    struct ranker_config ranker;
    struct remediator_config remediator;
    const char *policies;
    const char *audit_key;
    const char *audit_key_id;
};

struct engine {
    struct settings settings;
    struct cw_option rows[ROWS_MAX];
    size_t row_count;
    struct cw_options *options;
    struct remedy_policies *policies;
    struct cw_pipeline_stage stages[CW_SERVICE_COUNT];
    struct part parts[CW_SERVICE_COUNT]; /* by enum cw_service */
};

static const struct cw_option ranker_rows[] = {
    RANKER_OPTIONS(struct settings, ranker)};

/* As in the remediator's main.c: the same names, the same config_hash. */
static const struct cw_option remediator_rows[] = {
    {"policy.file", CW_OPT_TEXT, offsetof(struct settings, policies), "", 0, 0,
     "", CW_OPT_RESTART | CW_OPT_LOCAL | CW_OPT_CONTENT,
     "what may be repaired and how far; empty = nothing ever is"},
    {"policy.dry-run", CW_OPT_BOOL,
     offsetof(struct settings, remediator.dry_run), "false", 0, 0, "",
     CW_OPT_RESTART, "show every action, run none"},
    {"result.grace", CW_OPT_DURATION,
     offsetof(struct settings, remediator.result_grace_us), "30s", 1e6, 36e8,
     "", CW_OPT_RESTART,
     "past an action's timeout, then its result is unknown"},
    {"audit.key", CW_OPT_TEXT, offsetof(struct settings, audit_key), "", 0, 0,
     "", CW_OPT_SECRET | CW_OPT_RESTART,
     "of the audit chain; empty = a plain hash chain"},
    {"audit.key-id", CW_OPT_TEXT, offsetof(struct settings, audit_key_id), "",
     0, 0, "", CW_OPT_RESTART, "name of that key in the chain"},
};

/* Rows whose offsets speak of a part of the settings. */
static void add_rows(struct engine *engine, const struct cw_option *rows,
                     size_t count, size_t offset)
{
    for (size_t i = 0; i < count && engine->row_count < ROWS_MAX; i++) {
        struct cw_option *row = &engine->rows[engine->row_count++];
        *row = rows[i];
        row->offset += offset;
        row->flags &= ~(unsigned)CW_OPT_REQUIRED;
    }
}

static void end_part(struct engine *engine, enum cw_service service,
                     size_t begin)
{
    engine->parts[service] = (struct part){begin, engine->row_count - begin};
}

#define AT(name)    offsetof(struct settings, name)
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void make_rows(struct engine *engine)
{
    size_t begin;
    add_rows(engine, cw_service_option_rows, cw_service_option_count,
             AT(common));
    begin = engine->row_count;
    add_rows(engine, normalizer_options, normalizer_option_count,
             AT(normalizer));
    end_part(engine, CW_SERVICE_NORMALIZER, begin);
    begin = engine->row_count;
    add_rows(engine, detector_options, detector_option_count, AT(detector));
    end_part(engine, CW_SERVICE_DETECTOR, begin);
    begin = engine->row_count;
    add_rows(engine, logcluster_options, logcluster_option_count,
             AT(logcluster));
    end_part(engine, CW_SERVICE_LOGCLUSTER, begin);
    begin = engine->row_count; /* one process: one hash over both roles */
    add_rows(engine, topology_options, topology_option_count, AT(topology));
    add_rows(engine, correlate_options, correlate_option_count, AT(correlate));
    end_part(engine, CW_SERVICE_TOPOLOGY, begin);
    end_part(engine, CW_SERVICE_CORRELATE, begin);
    begin = engine->row_count;
    add_rows(engine, ranker_rows, COUNT(ranker_rows), 0);
    end_part(engine, CW_SERVICE_RANKER, begin);
    begin = engine->row_count;
    add_rows(engine, remediator_rows, COUNT(remediator_rows), 0);
    end_part(engine, CW_SERVICE_REMEDIATOR, begin);
}

static enum cw_status read_options(struct engine *engine, const char *file,
                                   struct cw_error *err)
{
    const struct cw_options_source source = {
        .table = engine->rows,
        .count = engine->row_count,
        .file = file,
        .checks = normalizer_checks,
        .check_count = normalizer_check_count,
    };
    enum cw_status status = cw_options_load_checked(&engine->options, &source,
                                                    &engine->settings, err);
    const size_t faults =
        engine->options == NULL ? 0 : cw_options_fault_count(engine->options);
    for (size_t i = 0; i < faults; i++)
        (void)fprintf(stderr, "cwctl: %s\n",
                      cw_options_fault(engine->options, i));
    if (status == CW_OK)
        status = normalizer_configure(&engine->settings.normalizer, err);
    return status;
}

static enum cw_status read_policies(struct engine *engine, struct cw_error *err)
{
    const char *file = engine->settings.policies;
    engine->settings.remediator.audit_key =
        (struct cw_audit_key){cw_text_of(engine->settings.audit_key_id),
                              cw_text_of(engine->settings.audit_key)};
    if (file[0] == '\0')
        return CW_OK;
    const enum cw_status status =
        remedy_policies_load(&engine->policies, file, err);
    const size_t faults = engine->policies == NULL
                              ? 0
                              : remedy_policies_fault_count(engine->policies);
    for (size_t i = 0; i < faults; i++)
        (void)fprintf(stderr, "cwctl: %s\n",
                      remedy_policies_fault(engine->policies, i));
    engine->settings.remediator.policies = engine->policies;
    return status;
}

static void make_stages(struct engine *engine)
{
    const struct settings *settings = &engine->settings;
    const struct cw_pipeline_stage stages[] = {
        {CW_SERVICE_NORMALIZER, &normalizer_core_type,
         &settings->normalizer.config, 0},
        {CW_SERVICE_LOGCLUSTER, &logcluster_core_type, &settings->logcluster,
         0},
        {CW_SERVICE_TOPOLOGY, &topology_core_type, &settings->topology, 0},
        {CW_SERVICE_DETECTOR, &detector_core_type, &settings->detector, 0},
        {CW_SERVICE_CORRELATE, &correlate_core_type, &settings->correlate, 0},
        {CW_SERVICE_RANKER, &ranker_core_type, &settings->ranker, 0},
        {CW_SERVICE_REMEDIATOR, &remediator_core_type, &settings->remediator,
         0},
    };
    _Static_assert(sizeof(stages) == sizeof(engine->stages), "every service");
    memcpy(engine->stages, stages, sizeof(stages));
    for (size_t i = 0; i < COUNT(stages); i++) {
        const struct part part = engine->parts[stages[i].service];
        engine->stages[i].config_hash =
            cw_options_hash_rows(engine->options, part.begin, part.count);
    }
}

enum cw_status engine_create(struct engine **made, const char *file,
                             struct cw_error *err)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL)
        return cw_fail(err, CW_NO_MEMORY, "engine");
    engine->settings.detector = detector_config_default();
    engine->settings.logcluster = logcluster_config_default();
    engine->settings.topology = topology_config_default();
    engine->settings.correlate = correlate_config_default();
    engine->settings.ranker = RANKER_CONFIG_DEFAULT;
    make_rows(engine);
    enum cw_status status = read_options(engine, file, err);
    if (status == CW_OK)
        status = read_policies(engine, err);
    if (status == CW_OK)
        make_stages(engine);
    if (status != CW_OK)
        engine_destroy(&engine);
    else
        *made = engine;
    return status;
}

void engine_destroy(struct engine **engine)
{
    if (*engine == NULL)
        return;
    remedy_policies_destroy(&(*engine)->policies);
    cw_options_destroy(&(*engine)->options);
    free(*engine);
    *engine = NULL;
}

const struct cw_pipeline_stage *engine_stages(const struct engine *engine,
                                              size_t *count)
{
    *count = sizeof(engine->stages) / sizeof(engine->stages[0]);
    return engine->stages;
}

const struct detector_config *engine_detector(const struct engine *engine)
{
    return &engine->settings.detector;
}

unsigned engine_warm_samples(void)
{
    return MODEL_WARM_COUNT;
}
