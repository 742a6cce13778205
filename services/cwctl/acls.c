#include "acls.h"

#include "engine.h"

static void print_rule(const char *service, const char *operations,
                       const char *resource, FILE *out)
{
    (void)fprintf(out,
                  "kafka-acls --add --allow-principal User:causeway-%s %s %s\n",
                  service, operations, resource);
}

static void allow_topic(const char *service, const char *operations,
                        const char *prefix, const char *name, FILE *out)
{
    char resource[2 * CLIENT_NAME_MAX];
    (void)snprintf(resource, sizeof(resource), "--topic %s.%s", prefix, name);
    print_rule(service, operations, resource, out);
}

static void allow_own(const char *service, const char *kind, const char *prefix,
                      FILE *out)
{
    char name[CLIENT_NAME_MAX];
    (void)snprintf(name, sizeof(name), "%s.%s", kind, service);
    allow_topic(service,
                "--operation Read --operation Write --operation Describe",
                prefix, name, out);
}

/* What every service on a loop needs besides its topics. */
static void allow_loop(const char *service, const char *prefix, FILE *out)
{
    char resource[2 * CLIENT_NAME_MAX];
    (void)snprintf(resource, sizeof(resource), "--group %s.%s", prefix,
                   service);
    print_rule(service, "--operation Read --operation Describe", resource, out);
    (void)snprintf(resource, sizeof(resource),
                   "--resource-pattern-type prefixed --transactional-id %s-%s-",
                   prefix, service);
    print_rule(service, "--operation Write --operation Describe", resource,
               out);
    allow_topic(service, "--operation Read --operation Describe", prefix,
                "manifest", out);
}

static void allow_raw(const char *service, const struct topic_plan *plan,
                      FILE *out)
{
    for (size_t i = 0; i < topic_plan_count(plan); i++) {
        char resource[2 * CLIENT_NAME_MAX];
        const struct planned_topic *topic = topic_plan_at(plan, i);
        if (!topic->raw)
            continue;
        (void)snprintf(resource, sizeof(resource), "--topic %s", topic->name);
        print_rule(service, "--operation Read --operation Describe", resource,
                   out);
    }
}

static void allow_stage(const struct cw_pipeline_stage *stage,
                        const char *prefix, const struct topic_plan *plan,
                        FILE *out)
{
    const char *service = cw_service_name(stage->service);
    for (const enum cw_topic *topic = stage->type->inputs;
         *topic != CW_TOPIC_COUNT; topic++)
        if (*topic != CW_TOPIC_RAW)
            allow_topic(service, "--operation Read --operation Describe",
                        prefix, cw_topic_spec(*topic)->name, out);
    for (const enum cw_topic *topic = stage->type->outputs;
         *topic != CW_TOPIC_COUNT; topic++)
        allow_topic(service, "--operation Write --operation Describe", prefix,
                    cw_topic_spec(*topic)->name, out);
    if (stage->service == CW_SERVICE_NORMALIZER) {
        allow_raw(service, plan, out);
        allow_topic(service,
                    "--operation Read --operation Write --operation Describe",
                    prefix, "clock", out);
    } else {
        allow_own(service, "snapshots", prefix, out);
        allow_own(service, "verdicts", prefix, out);
    }
    allow_loop(service, prefix, out);
}

void acls_print(const char *prefix, const struct topic_plan *plan, FILE *out)
{
    struct engine *engine = NULL;
    struct cw_error err;
    size_t count = 0;
    if (engine_create(&engine, NULL, &err) != CW_OK)
        return; /* the environment is at fault, and that has been said */
    const struct cw_pipeline_stage *stages = engine_stages(engine, &count);
    (void)fputs("\nWith authorisation on, each service as its own user:\n",
                out);
    for (size_t i = 0; i < count; i++)
        allow_stage(&stages[i], prefix, plan, out);
    engine_destroy(&engine);
}
