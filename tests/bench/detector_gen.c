/*
 * detector_gen - how calm, and how quick, the detector is on series made here.
 *
 * Place    where thresholds come from: docs/decisions/0040-detector-thresholds
 * Input    argv: series a kind (40), seconds between samples (10), first seed
 * Output   per kind of noise: openings a series in ten days of ten-second
 *          samples (86 400 samples); per fault: share found, median delay
 * Limits   fixed seeds, so two runs print the same
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/records.h"
#include "series.h"

#define SAMPLES   86400u
#define DELAY_MAX 400u
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

struct source {
    uint64_t random;
    double state;
    double interval_s;
    int64_t at;
    unsigned count;
};

static double uniform(struct source *source)
{
    source->random += 0x9e3779b97f4a7c15u;
    uint64_t x = source->random;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return ((double)(x >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct source *source)
{
    const double r = sqrt(-2.0 * log(uniform(source)));
    return r * cos(6.283185307179586 * uniform(source));
}

static double poisson(struct source *source, double mean)
{
    if (mean > 50.0)
        return fmax(0.0, floor(mean + sqrt(mean) * normal(source) + 0.5));
    const double limit = exp(-mean);
    double product = uniform(source);
    double count = 0.0;
    while (product > limit) {
        product *= uniform(source);
        count += 1.0;
    }
    return count;
}

static double day_of(const struct source *source)
{
    return (double)(source->at % DETECTOR_DAY) / (double)DETECTOR_DAY;
}

static double white(struct source *s)
{
    return 100.0 + 10.0 * normal(s);
}

static double ar9(struct source *s)
{
    s->state = 0.9 * s->state + 0.43589 * normal(s);
    return 100.0 + 10.0 * s->state;
}

static double heavy(struct source *s) /* Student's t with 3 degrees */
{
    const double a = normal(s), b = normal(s), c = normal(s);
    return 100.0 + 10.0 * normal(s) / sqrt((a * a + b * b + c * c) / 3.0);
}

static double lognormal(struct source *s)
{
    return 50.0 * exp(0.5 * normal(s));
}

static double seasonal(struct source *s)
{
    return 100.0 + 50.0 * sin(6.283185307 * day_of(s)) + 10.0 * normal(s);
}

static double traffic(struct source *s) /* counted, busy by day, quiet nights */
{
    const double rate =
        4.0 * (1.05 + sin(6.283185307 * day_of(s))) * s->interval_s;
    return poisson(s, rate) / s->interval_s;
}

static double counter(struct source *s)
{
    return poisson(s, 20.0) / s->interval_s;
}

static double sparse(struct source *s)
{
    return poisson(s, 0.05);
}

static double rare(struct source *s)
{
    return poisson(s, 0.002);
}

static double nightly(struct source *s) /* a job from 03:00 to 03:20 */
{
    const double hour = 24.0 * day_of(s);
    const double job = hour >= 3.0 && hour < 3.34 ? 80.0 : 0.0;
    return 20.0 + job + 3.0 * normal(s);
}

static double sawtooth(struct source *s) /* memory with a collector */
{
    s->state += 0.02 + 0.01 * uniform(s);
    if (s->state > 3.0)
        s->state = 0.0;
    return 10.0 + 10.0 * s->state + normal(s) * 0.5;
}

static double walk(struct source *s)
{
    s->state += normal(s);
    return 1000.0 + s->state;
}

static double constant(struct source *s)
{
    (void)s;
    return 100.0;
}

static double percent(struct source *s) /* whole numbers, mostly one */
{
    return floor(40.0 + 0.6 * normal(s) + 0.5);
}

static double slow_noise(struct source *s) /* correlated over ten minutes */
{
    s->state = 0.99 * s->state + 0.14107 * normal(s);
    return 100.0 + 10.0 * s->state + 3.0 * normal(s);
}

/* Requests of a site: two peaks a day, quieter at the weekend, noise in
 * proportion, correlated over a few samples. */
static double site(struct source *s)
{
    const double day = day_of(s);
    const int64_t number = s->at / DETECTOR_DAY % 7;
    const double shape =
        1.1 - cos(6.283185307 * day) + 0.4 * sin(12.566370614 * day);
    s->state = 0.7 * s->state + 0.714 * normal(s);
    return 400.0 * shape * (number < 2 ? 0.8 : 1.0) * (1.0 + 0.06 * s->state);
}

static const struct kind {
    const char *name;
    double (*next)(struct source *source);
    double sigma; /* for faults */
    int family;
    double quantum; /* in samples' distance; 0 = a gauge */
    bool daily;
} kinds[] = {
    {"white", white, 10.0, CW_FAMILY_OTHER, 0.0, false},
    {"white latency", white, 10.0, CW_FAMILY_LATENCY, 0.0, false},
    {"AR(1) .9", ar9, 10.0, CW_FAMILY_OTHER, 0.0, false},
    {"slow noise", slow_noise, 10.0, CW_FAMILY_OTHER, 0.0, false},
    {"heavy tails (t3)", heavy, 17.0, CW_FAMILY_OTHER, 0.0, false},
    {"lognormal", lognormal, 30.0, CW_FAMILY_LATENCY, 0.0, false},
    {"seasonal", seasonal, 10.0, CW_FAMILY_OTHER, 0.0, true},
    {"site", site, 25.0, CW_FAMILY_TRAFFIC, 0.0, true},
    {"traffic", traffic, 0.9, CW_FAMILY_TRAFFIC, 1.0, true},
    {"counter", counter, 0.45, CW_FAMILY_TRAFFIC, 1.0, false},
    {"sparse counts", sparse, 1.0, CW_FAMILY_OTHER, 0.0, false},
    {"rare counts", rare, 1.0, CW_FAMILY_OTHER, 0.0, false},
    {"rare errors", rare, 1.0, CW_FAMILY_ERRORS, 0.0, false},
    {"nightly job", nightly, 3.0, CW_FAMILY_SATURATION, 0.0, true},
    {"sawtooth", sawtooth, 3.0, CW_FAMILY_SATURATION, 0.0, false},
    {"percent", percent, 1.0, CW_FAMILY_SATURATION, 0.0, false},
    {"constant", constant, 1.0, CW_FAMILY_OTHER, 0.0, false},
    {"random walk", walk, 10.0, CW_FAMILY_OTHER, 0.0, false},
};

struct run {
    struct series series;
    struct source source;
    struct detector_config config;
    struct model_nature nature;
    unsigned openings;
    unsigned open_samples;
    unsigned by_view[VIEW_COUNT];
    unsigned first_day;
};

static double read_variable(const char *name, double unset)
{
    const char *text = getenv(name);
    return text == NULL ? unset : strtod(text, NULL);
}

static void start(struct run *run, const struct kind *kind, double interval_s,
                  uint64_t seed)
{
    memset(run, 0, sizeof(*run));
    series_init(&run->series);
    run->config = detector_config_default();
    run->config.open_surprise =
        read_variable("GEN_OPEN", run->config.open_surprise);
    run->config.confirm_surprise =
        read_variable("GEN_CONFIRM", run->config.confirm_surprise);
    run->nature.trait = family_trait(kind->family);
    run->nature.quantum = kind->quantum / interval_s;
    run->source.random = seed * 7919u + 1u;
    run->source.interval_s = interval_s;
    run->source.at = INT64_C(1700000000) * DETECTOR_SECOND;
}

static enum episode_event feed(struct run *run, double value)
{
    struct series_verdict verdict = {.event = EPISODE_NONE};
    const struct judgement *judged = &verdict.judged;
    run->source.at += (int64_t)(run->source.interval_s * 1e6);
    run->source.count++;
    series_sample(&run->series, &run->config, &run->nature, run->source.at,
                  value, &verdict);
    if (verdict.event == EPISODE_OPENED) {
        run->openings++;
        run->by_view[judged->top]++;
        if (run->source.count < 8640)
            run->first_day++;
        if (getenv("GEN_TRACE") != NULL)
            printf("  open at %u value %g expected %g z %g L %g top %s\n",
                   run->source.count, value, judged->expected, judged->z,
                   judged->surprise, view_name(judged->top));
    }
    run->open_samples += run->series.episode.open;
    return verdict.event;
}

static void quiet(const struct kind *kind, unsigned series_count,
                  double interval_s, uint64_t seed)
{
    unsigned openings = 0, first_day = 0;
    unsigned by_view[VIEW_COUNT] = {0};
    double open_samples = 0.0;
    for (unsigned i = 0; i < series_count; i++) {
        struct run run;
        start(&run, kind, interval_s, seed + i);
        for (unsigned n = 0; n < SAMPLES; n++)
            feed(&run, kind->next(&run.source));
        openings += run.openings;
        first_day += run.first_day;
        open_samples += run.open_samples;
        for (unsigned v = 0; v < VIEW_COUNT; v++)
            by_view[v] += run.by_view[v];
        series_fini(&run.series);
    }
    printf("%-18s %8.2f %8.2f %9.4f%% ", kind->name,
           (double)openings / series_count, (double)first_day / series_count,
           100.0 * open_samples / SAMPLES / series_count);
    for (unsigned v = 0; v < VIEW_COUNT; v++)
        if (by_view[v] != 0)
            printf(" %s %u", view_name((enum view)v), by_view[v]);
    printf("\n");
}

/* What is added, in sigmas, and by what it is multiplied: name, sigmas, factor,
 * samples, sigmas a sample */
static const struct fault {
    const char *name;
    double add;
    double factor;
    unsigned length;
    double slope;
} faults[] = {
    {"shift +6s", 6.0, 1.0, 400, 0.0}, {"shift -6s", -6.0, 1.0, 400, 0.0},
    {"shift +3s", 3.0, 1.0, 400, 0.0}, {"spike +12s", 12.0, 1.0, 1, 0.0},
    {"spike3 +8s", 8.0, 1.0, 3, 0.0},  {"half", 0.0, 0.5, 400, 0.0},
    {"double", 0.0, 2.0, 400, 0.0},    {"stop", 0.0, 0.0, 400, 0.0},
    {"leak", 0.0, 1.0, 400, 0.02},
};

static int by_size(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Samples from the fault's beginning to the opening; DELAY_MAX: not found, or
 * an episode was open already. */
static unsigned delay_of(struct run *run, const struct kind *kind,
                         const struct fault *fault)
{
    if (run->series.episode.open)
        return DELAY_MAX;
    for (unsigned n = 0; n < DELAY_MAX; n++) {
        double value = kind->next(&run->source);
        if (n < fault->length)
            value = value * fault->factor +
                    kind->sigma * (fault->add + fault->slope * n);
        if (feed(run, value) == EPISODE_OPENED)
            return n;
    }
    return DELAY_MAX;
}

static void faulty(const struct kind *kind, const struct fault *fault,
                   unsigned series_count, double interval_s, uint64_t seed)
{
    unsigned delays[1024];
    unsigned found = 0;
    for (unsigned i = 0; i < series_count && i < COUNT(delays); i++) {
        struct run run;
        start(&run, kind, interval_s, seed + i);
        const unsigned before =
            (kind->daily ? (unsigned)(4.1 * 86400.0 / interval_s) : 3000) +
            37 * i;
        for (unsigned n = 0; n < before; n++)
            feed(&run, kind->next(&run.source));
        const unsigned delay = delay_of(&run, kind, fault);
        if (delay < DELAY_MAX)
            delays[found++] = delay;
        series_fini(&run.series);
    }
    qsort(delays, found, sizeof(delays[0]), by_size);
    if (found > 0)
        printf(" %3.0f%%/%u", 100.0 * found / series_count, delays[found / 2]);
    else
        printf("   0%%/-");
}

int main(int argc, char **argv)
{
    const unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 40;
    const double interval_s = argc > 2 ? strtod(argv[2], NULL) : 10.0;
    const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    const char *only = argc > 4 ? argv[4] : NULL;
    printf("series %u, every %g s; openings in %u samples\n", count, interval_s,
           SAMPLES);
    printf("%-18s %8s %8s %10s\n", "noise", "all", "1st day", "time open");
    for (size_t k = 0; k < COUNT(kinds); k++)
        if (only == NULL || strcmp(only, kinds[k].name) == 0)
            quiet(&kinds[k], count, interval_s, seed);
    printf("\nfound / median delay in samples\n%-18s", "noise");
    for (size_t f = 0; f < COUNT(faults); f++)
        printf(" %s", faults[f].name);
    printf("\n");
    for (size_t k = 0; k < COUNT(kinds); k++) {
        if (only != NULL && strcmp(only, kinds[k].name) != 0)
            continue;
        printf("%-18s", kinds[k].name);
        for (size_t f = 0; f < COUNT(faults); f++)
            faulty(&kinds[k], &faults[f], count, interval_s, seed + 1000);
        printf("\n");
    }
    return 0;
}
