#include "acls.h"

#include <string.h>

#include "engine.h"

#define RESOURCE_MAX ((size_t)4 * CLIENT_NAME_MAX)
#define READ         "--operation Read --operation Describe"
#define WRITE        "--operation Write --operation Describe"
#define BOTH         "--operation Read --operation Write --operation Describe"

/* What runs beside the deciding stages, in services/NAME/main.c. */
struct aside {
    const char *process;
    const char *group;
    enum cw_topic reads[12];  /* ended by CW_TOPIC_COUNT */
    enum cw_topic writes[4];  /* likewise */
    const char *raw_write[4]; /* whole names; NULL ends */
};

static const struct aside asides[] = {
    {"remediator",
     "effect",
     {CW_TOPIC_ACTIONS, CW_TOPIC_COUNT},
     {CW_TOPIC_COUNT},
     {"raw.results"}},
    {"recorder",
     "recorder",
     {CW_TOPIC_INCIDENTS, CW_TOPIC_CAUSES, CW_TOPIC_NOTICES,
      CW_TOPIC_DELIVERIES, CW_TOPIC_ACTIONS, CW_TOPIC_SAID, CW_TOPIC_ANOMALIES,
      CW_TOPIC_LEDGER, CW_TOPIC_TOPOLOGY, CW_TOPIC_AUDIT, CW_TOPIC_COUNT},
     {CW_TOPIC_COUNT},
     {"raw.commands", "raw.config", "raw.models"}},
    {"notifier",
     "notifier",
     {CW_TOPIC_NOTICES, CW_TOPIC_CAUSES, CW_TOPIC_DELIVERIES, CW_TOPIC_SAID,
      CW_TOPIC_ANOMALIES, CW_TOPIC_EDGES, CW_TOPIC_INCIDENTS, CW_TOPIC_ACTIONS,
      CW_TOPIC_COUNT},
     {CW_TOPIC_DELIVERIES, CW_TOPIC_COUNT},
     {NULL}},
};

/* Two stages are one process. */
static const char *process_of(enum cw_service service)
{
    return service == CW_SERVICE_TOPOLOGY || service == CW_SERVICE_CORRELATE
               ? "correlator"
               : cw_service_name(service);
}

static void print_rule(const char *process, const char *operations,
                       const char *resource, FILE *out)
{
    (void)fprintf(out,
                  "kafka-acls --add --allow-principal User:causeway-%s %s %s\n",
                  process, operations, resource);
}

static void allow_topic(const char *process, const char *operations,
                        const char *prefix, const char *name, FILE *out)
{
    char resource[RESOURCE_MAX];
    (void)snprintf(resource, sizeof(resource), "--topic %s.%s", prefix, name);
    print_rule(process, operations, resource, out);
}

static void allow_group(const char *process, const char *prefix,
                        const char *group, FILE *out)
{
    char resource[RESOURCE_MAX];
    (void)snprintf(resource, sizeof(resource), "--group %s.%s", prefix, group);
    print_rule(process, READ, resource, out);
}

/* What every process needs: the manifest, and to see that each topic is there
 * with the partitions it says. */
static void allow_start(const char *process, const char *prefix,
                        const struct topic_plan *plan, FILE *out)
{
    char resource[RESOURCE_MAX];
    (void)snprintf(resource, sizeof(resource),
                   "--resource-pattern-type prefixed --topic %s.", prefix);
    print_rule(process, "--operation Describe", resource, out);
    for (size_t i = 0; i < topic_plan_count(plan); i++) {
        const struct planned_topic *topic = topic_plan_at(plan, i);
        if (!topic->raw)
            continue;
        (void)snprintf(resource, sizeof(resource), "--topic %s", topic->name);
        print_rule(process, "--operation Describe", resource, out);
    }
    allow_topic(process, READ, prefix, "manifest", out);
    allow_group(process, prefix, "reader", out);
}

static void allow_raw(const char *process, const struct topic_plan *plan,
                      FILE *out)
{
    for (size_t i = 0; i < topic_plan_count(plan); i++) {
        char resource[RESOURCE_MAX];
        const struct planned_topic *topic = topic_plan_at(plan, i);
        if (!topic->raw)
            continue;
        (void)snprintf(resource, sizeof(resource), "--topic %s", topic->name);
        print_rule(process, READ, resource, out);
    }
}

static void allow_stage(const struct cw_pipeline_stage *stage,
                        const char *prefix, const struct topic_plan *plan,
                        FILE *out)
{
    static const char *const own[] = {"snapshots", "verdicts"};
    const char *service = cw_service_name(stage->service);
    const char *process = process_of(stage->service);
    char name[CLIENT_NAME_MAX];
    char resource[RESOURCE_MAX];
    for (const enum cw_topic *topic = stage->type->inputs;
         *topic != CW_TOPIC_COUNT; topic++)
        if (*topic != CW_TOPIC_RAW)
            allow_topic(process, READ, prefix, cw_topic_spec(*topic)->name,
                        out);
    for (const enum cw_topic *topic = stage->type->outputs;
         *topic != CW_TOPIC_COUNT; topic++)
        allow_topic(process, WRITE, prefix, cw_topic_spec(*topic)->name, out);
    if (stage->service == CW_SERVICE_NORMALIZER) {
        allow_raw(process, plan, out);
        allow_topic(process, BOTH, prefix, "clock", out);
    }
    if (stage->service != CW_SERVICE_NORMALIZER) /* its core says so itself */
        allow_topic(process, WRITE, prefix, "deadletter", out);
    for (size_t i = 0; stage->service != CW_SERVICE_NORMALIZER && i < 2; i++) {
        (void)snprintf(name, sizeof(name), "%s.%s", own[i], service);
        allow_topic(process, BOTH, prefix, name, out);
    }
    allow_group(process, prefix, service, out);
    (void)snprintf(resource, sizeof(resource),
                   "--resource-pattern-type prefixed --transactional-id %s-%s-",
                   prefix, service);
    print_rule(process, WRITE, resource, out);
}

static void allow_aside(const struct aside *aside, const char *prefix,
                        FILE *out)
{
    char resource[RESOURCE_MAX];
    for (size_t i = 0; aside->reads[i] != CW_TOPIC_COUNT; i++)
        allow_topic(aside->process, READ, prefix,
                    cw_topic_spec(aside->reads[i])->name, out);
    for (size_t i = 0; aside->writes[i] != CW_TOPIC_COUNT; i++)
        allow_topic(aside->process, WRITE, prefix,
                    cw_topic_spec(aside->writes[i])->name, out);
    for (size_t i = 0; i < 4 && aside->raw_write[i] != NULL; i++) {
        (void)snprintf(resource, sizeof(resource), "--topic %s",
                       aside->raw_write[i]);
        print_rule(aside->process, WRITE, resource, out);
    }
    allow_group(aside->process, prefix, aside->group, out);
}

void acls_print(const char *prefix, const struct topic_plan *plan, FILE *out)
{
    struct engine *engine = NULL;
    struct cw_error err;
    size_t count = 0;
    const char *before = "";
    if (engine_create(&engine, NULL, &err) != CW_OK)
        return; /* the environment is at fault, and that has been said */
    const struct cw_pipeline_stage *stages = engine_stages(engine, &count);
    (void)fputs("\nWith authorisation on, each process as its own user:\n",
                out);
    for (size_t i = 0; i < count; i++) {
        const char *process = process_of(stages[i].service);
        if (strcmp(process, before) != 0)
            allow_start(process, prefix, plan, out);
        allow_stage(&stages[i], prefix, plan, out);
        before = process;
    }
    for (size_t i = 0; i < sizeof(asides) / sizeof(asides[0]); i++) {
        if (strcmp(asides[i].process, "remediator") != 0)
            allow_start(asides[i].process, prefix, plan, out);
        allow_aside(&asides[i], prefix, out);
    }
    engine_destroy(&engine);
}
