#include "base/metrics.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/metrics_state.h"

#define SERIES_DEFAULT 128u

const double cw_metric_latency_s[] = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                      0.05,  0.1,    0.25,  0.5,  1.0,
                                      2.5,   5.0,    10.0};
const size_t cw_metric_latency_count =
    sizeof(cw_metric_latency_s) / sizeof(cw_metric_latency_s[0]);

const struct cw_metric cw_common_metrics[CW_COMMON_COUNT] = {
    [CW_COMMON_BUILD] = {"causeway_build_info", CW_METRIC_GAUGE, "version",
                         "Always 1; the version that runs.", CW_METRIC_STABLE,
                         0, NULL, 0, 1},
    [CW_COMMON_DROPPED] = {"causeway_metrics_dropped_labels_total",
                           CW_METRIC_COUNTER, "metric",
                           "Finds of a series beyond the bound of its metric.",
                           CW_METRIC_STABLE, 0, NULL, 0, 0},
    [CW_COMMON_CONFIG_OK] = {"causeway_config_last_reload_successful",
                             CW_METRIC_GAUGE, "",
                             "1 when the last load of the configuration was "
                             "taken, 0 when it was refused.",
                             CW_METRIC_STABLE, 0, NULL, 0, 0},
    [CW_COMMON_CONFIG_AT] =
        {"causeway_config_last_reload_success_timestamp_seconds",
         CW_METRIC_GAUGE, "", "When the configuration in force was loaded.",
         CW_METRIC_STABLE, 0, NULL, 0, 0},
    [CW_COMMON_CONFIG_HASH] = {"causeway_config_hash", CW_METRIC_GAUGE, "",
                               "The configuration in force, as 48 bits: equal "
                               "on all instances of a service.",
                               CW_METRIC_STABLE, 0, NULL, 0, 0},
    [CW_COMMON_LOG_LOST] = {"causeway_log_lines_lost_total", CW_METRIC_COUNTER,
                            "",
                            "Log lines that could not be written: a full disk, "
                            "or nobody reads.",
                            CW_METRIC_STABLE, 0, NULL, 0, 0},
};

static size_t count_labels(const char *labels)
{
    size_t count = labels[0] == '\0' ? 0 : 1;
    for (; *labels != '\0'; labels++)
        count += *labels == ',';
    return count;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text);
    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

/* The rules promtool and our readers hold a row to. */
static const char *broken_rule(const struct cw_metric *row)
{
    if (strncmp(row->name, "causeway_", 9) != 0 ||
        row->name[strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return "name is not causeway_ and lower case";
    if (ends_with(row->name, "_total") != (row->type == CW_METRIC_COUNTER))
        return "a counter, and nothing else, ends in _total";
    if (row->help == NULL || row->help[0] == '\0')
        return "no help";
    if (count_labels(row->labels) > CW_METRIC_LABELS_MAX)
        return "too many labels";
    if (row->labels[strspn(row->labels, "abcdefghijklmnopqrstuvwxyz_,")])
        return "label names are not lower case";
    if (row->bucket_count > CW_METRIC_BUCKETS_MAX)
        return "too many buckets";
    for (size_t i = 1; i < row->bucket_count; i++)
        if (!(row->buckets[i] > row->buckets[i - 1]))
            return "buckets do not rise";
    return NULL;
}

static enum cw_status init_family(struct family *family,
                                  const struct cw_metric *row,
                                  struct cw_error *err)
{
    const char *rule = broken_rule(row);
    if (rule != NULL)
        return cw_fail(err, CW_BROKEN, "metric %s: %s", row->name, rule);
    family->row = row;
    family->label_count = count_labels(row->labels);
    family->max_cells = row->max_series ? row->max_series : SERIES_DEFAULT;
    if (family->label_count == 0)
        family->max_cells = 1;
    family->buckets = row->bucket_count ? row->buckets : cw_metric_latency_s;
    family->bucket_count =
        row->bucket_count ? row->bucket_count : cw_metric_latency_count;
    family->overflow.family = family;
    family->cells = calloc(family->max_cells, sizeof(struct cw_cell *));
    if (family->cells == NULL)
        return cw_fail(err, CW_NO_MEMORY, "metric %s", row->name);
    return CW_OK;
}

static enum cw_status init_families(struct cw_metrics *metrics,
                                    const struct cw_metric *table,
                                    struct cw_error *err)
{
    for (size_t i = 0; i < metrics->family_count; i++) {
        const struct cw_metric *row = i < CW_COMMON_COUNT
                                          ? &cw_common_metrics[i]
                                          : &table[i - CW_COMMON_COUNT];
        const enum cw_status status =
            init_family(&metrics->families[i], row, err);
        if (status != CW_OK)
            return status;
        if (metrics->families[i].label_count == 0)
            (void)cw_family_cell(metrics, &metrics->families[i], NULL);
    }
    return CW_OK;
}

enum cw_status cw_metrics_create(struct cw_metrics **made, const char *service,
                                 const struct cw_metric *table, size_t count,
                                 struct cw_error *err)
{
    struct cw_metrics *metrics = calloc(1, sizeof(*metrics));
    if (metrics == NULL)
        return cw_fail(err, CW_NO_MEMORY, "metrics");
    metrics->service = service;
    (void)pthread_mutex_init(&metrics->lock, NULL); /* cannot fail on Linux */
    metrics->family_count = CW_COMMON_COUNT + count;
    metrics->families =
        calloc(metrics->family_count, sizeof(*metrics->families));
    enum cw_status status = CW_OK;
    if (metrics->families == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "metrics of %zu rows", count);
    else
        status = init_families(metrics, table, err);
    if (status != CW_OK) {
        cw_metrics_destroy(&metrics);
        return status;
    }
    const struct cw_text version[CW_METRIC_LABELS_MAX] = {CW_TEXT(CW_VERSION)};
    cw_cell_set(
        cw_family_cell(metrics, &metrics->families[CW_COMMON_BUILD], version),
        1.0);
    *made = metrics;
    return CW_OK;
}

static void free_family(struct family *family)
{
    for (size_t i = 0; i < family->cell_count; i++)
        free(family->cells[i]);
    free(family->cells);
}

void cw_metrics_destroy(struct cw_metrics **metrics)
{
    if (*metrics == NULL)
        return;
    for (size_t i = 0;
         (*metrics)->families != NULL && i < (*metrics)->family_count; i++)
        free_family(&(*metrics)->families[i]);
    free((*metrics)->families);
    (void)pthread_mutex_destroy(&(*metrics)->lock);
    free(*metrics);
    *metrics = NULL;
}

static bool has_values(const struct cw_cell *cell, size_t label_count,
                       const struct cw_text *values)
{
    for (size_t i = 0; i < label_count; i++)
        if (!cw_text_is(values[i], cell->values[i]))
            return false;
    return true;
}

static void fill_cell(struct cw_cell *cell, struct family *family,
                      const struct cw_text *values)
{
    memset(cell, 0, sizeof(*cell));
    cell->family = family;
    for (size_t i = 0; i < family->label_count; i++)
        if (values[i].size > 0)
            memcpy(cell->values[i], values[i].bytes, values[i].size);
}

/* A new cell, or one that was removed when the family is full; NULL when it
 * is full of live ones, or the system has no memory. */
static struct cw_cell *make_cell(struct family *family)
{
    if (family->cell_count < family->max_cells) {
        struct cw_cell *cell = calloc(1, sizeof(*cell));
        if (cell != NULL)
            family->cells[family->cell_count++] = cell;
        return cell;
    }
    for (size_t i = 0; i < family->cell_count; i++)
        if (family->cells[i]->removed)
            return family->cells[i];
    return NULL;
}

static struct cw_cell *find_cell(const struct family *family,
                                 const struct cw_text *values)
{
    for (size_t i = 0; i < family->cell_count; i++)
        if (!family->cells[i]->removed &&
            has_values(family->cells[i], family->label_count, values))
            return family->cells[i];
    return NULL;
}

/* Values as they are stored: cut at a character. */
static void shorten(struct cw_text *shortened, const struct cw_text *values,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        shortened[i] = cw_utf8_prefix(values[i], LABEL_SIZE - 1);
        const char *nul = shortened[i].size ? memchr(shortened[i].bytes, '\0',
                                                     shortened[i].size)
                                            : NULL;
        if (nul != NULL)
            shortened[i].size = (size_t)(nul - shortened[i].bytes);
    }
}

static void count_dropped(struct cw_metrics *metrics,
                          const struct family *family)
{
    struct family *dropped = &metrics->families[CW_COMMON_DROPPED];
    const struct cw_text name[CW_METRIC_LABELS_MAX] = {
        cw_text_of(family->row->name)};
    if (family != dropped)
        cw_cell_add(cw_family_cell(metrics, dropped, name), 1);
}

struct cw_cell *cw_family_cell(struct cw_metrics *metrics,
                               struct family *family,
                               const struct cw_text *values)
{
    struct cw_text shortened[CW_METRIC_LABELS_MAX] = {{NULL, 0}};
    assert(values != NULL || family->label_count == 0);
    shorten(shortened, values, family->label_count);
    (void)pthread_mutex_lock(&metrics->lock);
    struct cw_cell *cell = find_cell(family, shortened);
    if (cell == NULL) {
        cell = make_cell(family);
        if (cell != NULL)
            fill_cell(cell, family, shortened);
    }
    (void)pthread_mutex_unlock(&metrics->lock);
    if (cell == NULL)
        count_dropped(metrics, family);
    return cell != NULL ? cell : &family->overflow;
}

static struct family *family_of(struct cw_metrics *metrics, size_t row)
{
    assert(CW_COMMON_COUNT + row < metrics->family_count);
    return &metrics->families[CW_COMMON_COUNT + row];
}

struct cw_cell *cw_metrics_cell(struct cw_metrics *metrics, size_t row,
                                const struct cw_text *values)
{
    return cw_family_cell(metrics, family_of(metrics, row), values);
}

void cw_metrics_remove(struct cw_metrics *metrics, size_t row,
                       const struct cw_text *values)
{
    struct family *family = family_of(metrics, row);
    struct cw_text shortened[CW_METRIC_LABELS_MAX] = {{NULL, 0}};
    shorten(shortened, values, family->label_count);
    (void)pthread_mutex_lock(&metrics->lock);
    struct cw_cell *cell = find_cell(family, shortened);
    if (cell != NULL)
        cell->removed = true;
    (void)pthread_mutex_unlock(&metrics->lock);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

double cw_double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

void cw_cell_add(struct cw_cell *cell, uint64_t count)
{
    assert(cell->family->row->type == CW_METRIC_COUNTER);
    atomic_fetch_add_explicit(&cell->value, count, memory_order_relaxed);
}

void cw_cell_raise(struct cw_cell *cell, uint64_t total)
{
    const uint64_t shown =
        atomic_load_explicit(&cell->value, memory_order_relaxed);
    if (total > shown)
        cw_cell_add(cell, total - shown);
}

void cw_cell_set(struct cw_cell *cell, double value)
{
    assert(cell->family->row->type == CW_METRIC_GAUGE);
    atomic_store_explicit(&cell->value, bits_of(value), memory_order_relaxed);
}

static void add_double(_Atomic uint64_t *bits, double value)
{
    uint64_t old = atomic_load_explicit(bits, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        bits, &old, bits_of(cw_double_of(old) + value), memory_order_relaxed,
        memory_order_relaxed))
        ;
}

void cw_cell_observe(struct cw_cell *cell, double value)
{
    const struct family *family = cell->family;
    size_t i = 0;
    assert(family->row->type == CW_METRIC_HISTOGRAM);
    if (isnan(value))
        return;
    while (i < family->bucket_count && value > family->buckets[i])
        i++;
    atomic_fetch_add_explicit(&cell->in_bucket[i], 1, memory_order_relaxed);
    add_double(&cell->value, value);
}

static struct cw_cell *only_cell(struct cw_metrics *metrics, size_t row)
{
    const struct family *family = family_of(metrics, row);
    assert(family->label_count == 0);
    /* Absent only when memory ran out at creation. */
    return family->cell_count ? family->cells[0]
                              : &family_of(metrics, row)->overflow;
}

void cw_metrics_add(struct cw_metrics *metrics, size_t row, uint64_t count)
{
    cw_cell_add(only_cell(metrics, row), count);
}

void cw_metrics_set(struct cw_metrics *metrics, size_t row, double value)
{
    cw_cell_set(only_cell(metrics, row), value);
}

void cw_metrics_observe(struct cw_metrics *metrics, size_t row, double value)
{
    cw_cell_observe(only_cell(metrics, row), value);
}

double cw_cell_value(const struct cw_cell *cell)
{
    const uint64_t bits =
        atomic_load_explicit(&cell->value, memory_order_relaxed);
    return cell->family->row->type == CW_METRIC_COUNTER ? (double)bits
                                                        : cw_double_of(bits);
}

void cw_metrics_config(struct cw_metrics *metrics, bool in_force, uint64_t hash,
                       int64_t at)
{
    struct family *f = metrics->families;
    cw_cell_set(cw_family_cell(metrics, &f[CW_COMMON_CONFIG_OK], NULL),
                in_force ? 1.0 : 0.0);
    if (!in_force)
        return;
    cw_cell_set(cw_family_cell(metrics, &f[CW_COMMON_CONFIG_AT], NULL),
                (double)at / 1e6);
    cw_cell_set(cw_family_cell(metrics, &f[CW_COMMON_CONFIG_HASH], NULL),
                (double)(hash & UINT64_C(0xFFFFFFFFFFFF)));
}

void cw_metrics_log_lost(struct cw_metrics *metrics, uint64_t count)
{
    struct cw_cell *cell =
        cw_family_cell(metrics, &metrics->families[CW_COMMON_LOG_LOST], NULL);
    const double known = cw_cell_value(cell);
    if ((double)count > known)
        cw_cell_add(cell, count - (uint64_t)known);
}

enum cw_status cw_metrics_on_collect(struct cw_metrics *metrics,
                                     void (*collect)(void *context),
                                     void *context, struct cw_error *err)
{
    if (metrics->collector_count == COLLECTORS_MAX)
        return cw_fail(err, CW_FULL, "metrics have their %u collectors",
                       COLLECTORS_MAX);
    metrics->collectors[metrics->collector_count++] =
        (struct collector){collect, context};
    return CW_OK;
}
