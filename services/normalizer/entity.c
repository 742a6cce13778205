#include "entity.h"

#include "base/utf8.h"

enum role {
    ROLE_SERVICE,
    ROLE_JOB,
    ROLE_POD,
    ROLE_CONTAINER,
    ROLE_HOST,
    ROLE_MOUNT,
    ROLE_COUNT
};

/* In each role the earlier key wins. */
static const struct known_key {
    struct cw_text key;
    enum role role;
} known_keys[] = {
#define KEY(text, role)                                                        \
    {                                                                          \
        {text, sizeof(text) - 1}, role                                         \
    }
    KEY("service.name", ROLE_SERVICE),
    KEY("service", ROLE_SERVICE),
    KEY("service_name", ROLE_SERVICE),
    KEY("app", ROLE_SERVICE),
    KEY("application", ROLE_SERVICE),
    KEY("app.kubernetes.io/name", ROLE_SERVICE),
    KEY("app_kubernetes_io_name", ROLE_SERVICE),
    KEY("k8s.deployment.name", ROLE_SERVICE),
    KEY("kubernetes.deployment.name", ROLE_SERVICE),
    KEY("deployment", ROLE_SERVICE),
    KEY("k8s.statefulset.name", ROLE_SERVICE),
    KEY("kubernetes.statefulset.name", ROLE_SERVICE),
    KEY("statefulset", ROLE_SERVICE),
    KEY("k8s.daemonset.name", ROLE_SERVICE),
    KEY("kubernetes.daemonset.name", ROLE_SERVICE),
    KEY("daemonset", ROLE_SERVICE),
    KEY("k8s.cronjob.name", ROLE_SERVICE),
    KEY("cronjob", ROLE_SERVICE),
    KEY("job_name", ROLE_SERVICE),
    KEY("job", ROLE_JOB),
    KEY("k8s.pod.name", ROLE_POD),
    KEY("kubernetes.pod.name", ROLE_POD),
    KEY("pod", ROLE_POD),
    KEY("pod_name", ROLE_POD),
    KEY("kubernetes.pod_name", ROLE_POD),
    KEY("kubernetes_pod_name", ROLE_POD),
    KEY("container.name", ROLE_CONTAINER),
    KEY("kubernetes.container.name", ROLE_CONTAINER),
    KEY("container", ROLE_CONTAINER),
    KEY("container_name", ROLE_CONTAINER),
    KEY("host.name", ROLE_HOST),
    KEY("host.hostname", ROLE_HOST),
    KEY("host", ROLE_HOST),
    KEY("hostname", ROLE_HOST),
    KEY("k8s.node.name", ROLE_HOST),
    KEY("kubernetes.node.name", ROLE_HOST),
    KEY("node", ROLE_HOST),
    KEY("nodename", ROLE_HOST),
    KEY("instance", ROLE_HOST),
    KEY("mountpoint", ROLE_MOUNT),
    KEY("system.filesystem.mount_point", ROLE_MOUNT),
#undef KEY
};

#define KNOWN_COUNT (sizeof(known_keys) / sizeof(known_keys[0]))

struct roles {
    struct cw_text value[ROLE_COUNT];
    size_t rank[ROLE_COUNT]; /* index of the key that gave the value */
};

static bool says_nothing(struct cw_text value)
{
    return cw_utf8_is_empty(value) || cw_text_is(value, "unknown") ||
           cw_text_starts(value, CW_TEXT("unknown_service"));
}

static size_t rank_of(struct cw_text key)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (known_keys[i].key.size == key.size &&
            known_keys[i].key.bytes[key.size - 1] == key.bytes[key.size - 1] &&
            memcmp(known_keys[i].key.bytes, key.bytes, key.size) == 0)
            return i;
    return KNOWN_COUNT;
}

static struct roles find_roles(const struct labels *labels)
{
    struct roles roles;
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        roles.value[role] = (struct cw_text){"", 0};
        roles.rank[role] = KNOWN_COUNT;
    }
    for (size_t i = 0; i < labels->count; i++) {
        const size_t rank = rank_of(labels->items[i].key);
        if (rank == KNOWN_COUNT || says_nothing(labels->items[i].value))
            continue;
        const enum role role = known_keys[rank].role;
        if (rank < roles.rank[role]) {
            roles.rank[role] = rank;
            roles.value[role] = labels->items[i].value;
        }
    }
    return roles;
}

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Length of the run of [a-z0-9] that ends text, 0 unless a dash precedes it
 * and something precedes the dash. digits: how many of them are digits. */
static size_t tail_run(struct cw_text text, size_t *digits)
{
    size_t run = 0;
    *digits = 0;
    while (run < text.size && is_lower_alnum(text.bytes[text.size - 1 - run])) {
        *digits += text.bytes[text.size - 1 - run] <= '9';
        run++;
    }
    if (run + 1 >= text.size || text.bytes[text.size - 1 - run] != '-')
        return 0;
    return run;
}

struct cw_text entity_workload_of_pod(struct cw_text pod)
{
    size_t digits;
    size_t run = tail_run(pod, &digits);
    if (run != 5)
        return pod;
    struct cw_text rest = {pod.bytes, pod.size - run - 1};
    run = tail_run(rest, &digits);
    /* A replica set's hash has 8 to 10 characters and practically always a
     * digit; "cart-frontend-proxy" has none. */
    if (run < 8 || run > 10 || digits == 0)
        return pod;
    rest.size -= run + 1;
    return rest;
}

struct cw_text entity_host_of_instance(struct cw_text instance)
{
    size_t end = instance.size;
    while (end > 0 && instance.bytes[end - 1] >= '0' &&
           instance.bytes[end - 1] <= '9')
        end--;
    if (end == instance.size || end < 2 || instance.bytes[end - 1] != ':')
        return instance;
    struct cw_text host = {instance.bytes, end - 1};
    if (host.bytes[0] == '[' && host.bytes[host.size - 1] == ']')
        return (struct cw_text){host.bytes + 1, host.size - 2};
    /* Two colons without brackets: an address, not a port. */
    if (memchr(host.bytes, ':', host.size) != NULL)
        return instance;
    return host;
}

/* Jobs whose metrics are the host's, not a service's. */
static bool is_host_exporter(struct cw_text job, struct cw_text metric)
{
    static const char *const jobs[] = {"node",
                                       "node-exporter",
                                       "node_exporter",
                                       "kubelet",
                                       "cadvisor",
                                       "kubernetes-nodes",
                                       "windows-exporter",
                                       "windows_exporter",
                                       "telegraf",
                                       "collectd",
                                       "kubernetes-cadvisor"};
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
        if (cw_text_is(job, jobs[i]))
            return true;
    return cw_text_starts(metric, CW_TEXT("node_")) ||
           cw_text_starts(metric, CW_TEXT("windows_"));
}

static bool is_of_volume(struct cw_text metric)
{
    return cw_text_starts(metric, CW_TEXT("node_filesystem_")) ||
           cw_text_starts(metric, CW_TEXT("system.filesystem.")) ||
           cw_text_starts(metric, CW_TEXT("system_filesystem_"));
}

static struct cw_entity named(const char *kind, struct cw_text name)
{
    return (struct cw_entity){cw_text_of(kind), name};
}

static struct cw_entity of_pod(struct cw_text pod)
{
    const struct cw_text workload = entity_workload_of_pod(pod);
    return named(workload.size == pod.size ? "pod" : "service", workload);
}

struct cw_entity entity_of(const struct labels *labels, struct cw_text metric,
                           struct cw_entity fallback, struct cw_arena *arena)
{
    const struct roles roles = find_roles(labels);
    const struct cw_text host = entity_host_of_instance(roles.value[ROLE_HOST]);
    if (host.size > 0 && roles.value[ROLE_MOUNT].size > 0 &&
        is_of_volume(metric)) {
        const struct cw_text name =
            cw_arena_print(arena, "%.*s:%.*s", CW_TEXT_ARG(host),
                           CW_TEXT_ARG(roles.value[ROLE_MOUNT]));
        return named("volume", name);
    }
    if (roles.value[ROLE_SERVICE].size > 0)
        return named("service", roles.value[ROLE_SERVICE]);
    if (roles.value[ROLE_JOB].size > 0 &&
        !(host.size > 0 && is_host_exporter(roles.value[ROLE_JOB], metric)))
        return named("service", roles.value[ROLE_JOB]);
    if (roles.value[ROLE_POD].size > 0)
        return of_pod(roles.value[ROLE_POD]);
    if (roles.value[ROLE_CONTAINER].size > 0)
        return named("container", roles.value[ROLE_CONTAINER]);
    if (host.size > 0)
        return named("host", host);
    return fallback;
}
