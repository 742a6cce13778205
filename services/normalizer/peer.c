#include "peer.h"

#include <stdbool.h>

struct choice {
    const char *const *keys;
    size_t count;
};

#define CHOICE(list) ((struct choice){(list), sizeof(list) / sizeof((list)[0])})

static const char *const services[] = {"peer.service"};
static const char *const databases[] = {"db.system.name", "db.system"};
static const char *const database_names[] = {"server.address", "net.peer.name",
                                             "db.namespace",   "db.name",
                                             "db.system.name", "db.system"};
static const char *const queues[] = {"messaging.system"};
static const char *const queue_names[] = {
    "messaging.destination.name", "messaging.destination",
    "messaging.kafka.topic", "kafka.topic", "messaging.system"};
static const char *const hosts[] = {
    "server.address", "net.peer.name", "network.peer.address", "http.host",
    "net.peer.ip",    "peer.hostname", "peer.address"};

static struct cw_text first_of(const struct labels *labels,
                               struct choice choice)
{
    for (size_t i = 0; i < choice.count; i++) {
        const struct cw_text found =
            labels_find(labels, cw_text_of(choice.keys[i]));
        if (found.size > 0)
            return found;
    }
    return (struct cw_text){"", 0};
}

static struct cw_entity named(const char *kind, struct cw_text name)
{
    if (name.size == 0)
        return (struct cw_entity){CW_TEXT(""), CW_TEXT("")};
    return (struct cw_entity){cw_text_of(kind), name};
}

struct cw_entity peer_of(enum cw_span_kind kind, const struct labels *labels)
{
    const struct cw_text none = CW_TEXT("");
    if (kind == CW_SPAN_KIND_SERVER || kind == CW_SPAN_KIND_INTERNAL)
        return named("service", none);
    const struct cw_text service = first_of(labels, CHOICE(services));
    if (service.size > 0)
        return named("service", service);
    if (first_of(labels, CHOICE(databases)).size > 0)
        return named("database", first_of(labels, CHOICE(database_names)));
    if (first_of(labels, CHOICE(queues)).size > 0)
        return named("queue", first_of(labels, CHOICE(queue_names)));
    if (kind != CW_SPAN_KIND_CLIENT)
        return named("service", none);
    return named("host", first_of(labels, CHOICE(hosts)));
}
