#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/metrics_state.h"

/* One exposition being written. */
struct exposition {
    FILE *out;
    const char *service;
    bool open; /* OpenMetrics */
};

enum cw_metric_format cw_metrics_format_of(const char *accept)
{
    if (accept != NULL && strstr(accept, "application/openmetrics-text"))
        return CW_METRIC_OPENMETRICS;
    return CW_METRIC_PROMETHEUS;
}

const char *cw_metrics_content_type(enum cw_metric_format format)
{
    return format == CW_METRIC_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

/* Shortest of the two that reads back the same. */
static void write_number(FILE *out, double value)
{
    char text[32];
    if (isnan(value)) {
        (void)fputs("NaN", out);
    } else if (isinf(value)) {
        (void)fputs(value > 0 ? "+Inf" : "-Inf", out);
    } else {
        (void)snprintf(text, sizeof(text), "%.15g", value);
        if (strtod(text, NULL) < value || strtod(text, NULL) > value)
            (void)snprintf(text, sizeof(text), "%.17g", value);
        (void)fputs(text, out);
    }
}

/* OpenMetrics wants the bound of a bucket to look like a float. */
static void write_bound(const struct exposition *to, double bound)
{
    if (to->open && bound == floor(bound) && fabs(bound) < 1e15)
        (void)fprintf(to->out, "%.1f", bound);
    else
        write_number(to->out, bound);
}

static void write_label_value(FILE *out, const char *value)
{
    struct cw_text rest = cw_text_of(value);
    while (rest.size > 0) {
        uint32_t point;
        const size_t size = cw_utf8_next(rest, &point);
        if (size == 0)
            (void)fputs("\xEF\xBF\xBD", out);
        else if (point == '\n')
            (void)fputs("\\n", out);
        else if (point == '"' || point == '\\')
            (void)fprintf(out, "\\%c", (char)point);
        else
            (void)fwrite(rest.bytes, 1, size, out);
        rest.bytes += size ? size : 1;
        rest.size -= size ? size : 1;
    }
}

/* In OpenMetrics the family of x_total is x. */
static void write_head(const struct exposition *to, const char *name,
                       enum cw_metric_type type, const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    int size = (int)strlen(name);
    if (to->open && type == CW_METRIC_COUNTER)
        size -= (int)strlen("_total");
    (void)fprintf(to->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", size, name, help,
                  size, name, types[type]);
}

/* name_suffix{service=,labels, and le= when bound is given}, and a space. */
static void write_series(const struct exposition *to,
                         const struct cw_cell *cell, const char *suffix,
                         const double *bound)
{
    const struct family *family = cell->family;
    const char *label = family->row->labels;
    (void)fprintf(to->out, "%s%s{service=\"%s\"", family->row->name, suffix,
                  to->service);
    for (size_t i = 0; i < family->label_count; i++) {
        const size_t size = strcspn(label, ",");
        (void)fprintf(to->out, ",%.*s=\"", (int)size, label);
        write_label_value(to->out, cell->values[i]);
        (void)fputc('"', to->out);
        label += size + 1;
    }
    if (bound != NULL) {
        (void)fputs(",le=\"", to->out);
        write_bound(to, *bound);
        (void)fputc('"', to->out);
    }
    (void)fputs("} ", to->out);
}

/* The count is the sum of the buckets as read, so that +Inf and _count agree
 * even while others observe. */
static void write_histogram(const struct exposition *to,
                            const struct cw_cell *cell)
{
    const struct family *family = cell->family;
    const double infinity = (double)INFINITY;
    uint64_t count = 0;
    for (size_t i = 0; i <= family->bucket_count; i++) {
        count +=
            atomic_load_explicit(&cell->in_bucket[i], memory_order_relaxed);
        write_series(to, cell, "_bucket",
                     i < family->bucket_count ? &family->buckets[i]
                                              : &infinity);
        (void)fprintf(to->out, "%" PRIu64 "\n", count);
    }
    write_series(to, cell, "_sum", NULL);
    write_number(to->out, cw_cell_value(cell));
    (void)fputc('\n', to->out);
    write_series(to, cell, "_count", NULL);
    (void)fprintf(to->out, "%" PRIu64 "\n", count);
}

static void write_cell(const struct exposition *to, const struct cw_cell *cell)
{
    const double scale = cell->family->row->scale;
    const double value = cw_cell_value(cell);
    if (cell->family->row->type == CW_METRIC_HISTOGRAM) {
        write_histogram(to, cell);
        return;
    }
    write_series(to, cell, "", NULL);
    write_number(to->out, scale == 0.0 ? value : value * scale);
    (void)fputc('\n', to->out);
}

static void write_family(const struct exposition *to,
                         const struct family *family)
{
    const struct cw_metric *row = family->row;
    bool begun = false;
    for (size_t i = 0; i < family->cell_count; i++) {
        if (family->cells[i]->removed)
            continue;
        if (!begun)
            write_head(to, row->name, row->type, row->help);
        begun = true;
        write_cell(to, family->cells[i]);
    }
}

static void write_process(const struct exposition *to, const char *name,
                          enum cw_metric_type type, const char *help,
                          double value)
{
    write_head(to, name, type, help);
    (void)fprintf(to->out, "%s ", name);
    write_number(to->out, value);
    (void)fputc('\n', to->out);
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    return count > 0 ? count - 1 : 0; /* less the one that looks */
}

/* Fields of /proc/self/stat; all 0 when it cannot be read. */
struct stat_fields {
    double start_s; /* since boot */
    double virtual_size;
    double resident_size;
};

/* proc(5): field 22 starttime in ticks, 23 vsize in bytes, 24 rss in pages;
 * the name in field 2 may hold spaces, so count from its bracket. */
static struct stat_fields read_stat(void)
{
    struct stat_fields fields = {0};
    char text[1024] = {0};
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL)
        return fields;
    const size_t size = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return fields;
    fields.start_s = strtod(at, &at) / (double)sysconf(_SC_CLK_TCK);
    fields.virtual_size = strtod(at, &at);
    fields.resident_size = strtod(at, &at) * (double)sysconf(_SC_PAGESIZE);
    return fields;
}

static double read_boot_s(void)
{
    double boot_s = 0.0;
    char line[256];
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL)
        return boot_s;
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "btime ", 6) == 0)
            boot_s = strtod(line + 6, NULL);
    (void)fclose(file);
    return boot_s;
}

static double cpu_s(void)
{
    struct rusage used = {0};
    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* The names every Prometheus client uses, so that common dashboards work. */
static void write_processes(const struct exposition *to)
{
    struct rlimit limit = {0};
    const struct stat_fields stat = read_stat();
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    write_process(to, "process_cpu_seconds_total", CW_METRIC_COUNTER,
                  "User and system time used.", cpu_s());
    write_process(to, "process_open_fds", CW_METRIC_GAUGE,
                  "Open file descriptors.", (double)count_descriptors());
    write_process(to, "process_max_fds", CW_METRIC_GAUGE,
                  "File descriptors allowed.", (double)limit.rlim_cur);
    write_process(to, "process_virtual_memory_bytes", CW_METRIC_GAUGE,
                  "Virtual memory.", stat.virtual_size);
    write_process(to, "process_resident_memory_bytes", CW_METRIC_GAUGE,
                  "Resident memory.", stat.resident_size);
    write_process(to, "process_start_time_seconds", CW_METRIC_GAUGE,
                  "Start of the process since 1970.",
                  read_boot_s() + stat.start_s);
}

void cw_metrics_expose(struct cw_metrics *metrics, enum cw_metric_format format,
                       FILE *out)
{
    const struct exposition to = {out, metrics->service,
                                  format == CW_METRIC_OPENMETRICS};
    for (size_t i = 0; i < metrics->collector_count; i++)
        metrics->collectors[i].collect(metrics->collectors[i].context);
    (void)pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->family_count; i++)
        write_family(&to, &metrics->families[i]);
    (void)pthread_mutex_unlock(&metrics->lock);
    write_processes(&to);
    if (to.open)
        (void)fputs("# EOF\n", out);
}

void cw_metrics_markdown(const struct cw_metric *table, size_t count, FILE *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    static const char *const stabilities[] = {"stable", "evolving"};
    (void)fputs("| metric | type | labels | meaning | stability |\n"
                "|---|---|---|---|---|\n",
                out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "| `%s` | %s | %s | %s | %s |\n", table[i].name,
                      types[table[i].type], table[i].labels, table[i].help,
                      stabilities[table[i].stability]);
}

void cw_metrics_markdown_common(FILE *out)
{
    cw_metrics_markdown(cw_common_metrics, CW_COMMON_COUNT, out);
}
