#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "stream/kafka_check.h"

#define PATH_MAX_SIZE 4096
#define ASK_MS        5000

struct settings {
    const char *brokers;
    const char *prefix;
    const char *postgres;
};

struct client {
    struct settings settings;
    struct cw_options *options;
    struct cw_log *log;
    struct cw_kafka kafka;
    rd_kafka_t *handle;
};

static const struct cw_option rows[] = {
    {"kafka.brokers", CW_OPT_TEXT, offsetof(struct settings, brokers), "", 0, 0,
     "host:port,...", CW_OPT_LOCAL, "Kafka bootstrap servers"},
    {"prefix", CW_OPT_TEXT, offsetof(struct settings, prefix), "causeway", 0, 0,
     "", CW_OPT_LOCAL, "first word of every topic"},
    {"postgres.url", CW_OPT_TEXT, offsetof(struct settings, postgres), "", 0, 0,
     "", CW_OPT_LOCAL | CW_OPT_SECRET, "database; empty = none"},
};

/* The file to read, or NULL. */
static const char *find_file(const struct call *call, char *path)
{
    const char *given = call_option(call, "config");
    const char *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (given != NULL)
        return given;
    path[0] = '\0';
    if (xdg != NULL && xdg[0] != '\0')
        (void)snprintf(path, PATH_MAX_SIZE, "%s/cwctl.yml", xdg);
    else if (home != NULL)
        (void)snprintf(path, PATH_MAX_SIZE, "%s/.config/cwctl.yml", home);
    if (path[0] != '\0' && access(path, R_OK) == 0)
        return path;
    (void)snprintf(path, PATH_MAX_SIZE, "/etc/causeway/cwctl.yml");
    return access(path, R_OK) == 0 ? path : NULL;
}

static enum cw_status read_settings(struct client *client,
                                    const struct call *call,
                                    struct cw_error *err)
{
    char path[PATH_MAX_SIZE];
    const struct cw_options_source source = {
        .table = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
        .file = find_file(call, path),
        .check_kafka = cw_kafka_check,
    };
    const enum cw_status status = cw_options_load_checked(
        &client->options, &source, &client->settings, err);
    const size_t faults =
        client->options == NULL ? 0 : cw_options_fault_count(client->options);
    for (size_t i = 0; i < faults; i++)
        (void)fprintf(stderr, "cwctl: %s\n",
                      cw_options_fault(client->options, i));
    if (status != CW_OK)
        return status;
    if (call_has(call, "brokers"))
        client->settings.brokers = call_option(call, "brokers");
    if (call_has(call, "prefix"))
        client->settings.prefix = call_option(call, "prefix");
    if (call_has(call, "postgres"))
        client->settings.postgres = call_option(call, "postgres");
    return CW_OK;
}

enum cw_status client_open(struct client **made, struct call *call,
                           struct cw_error *err)
{
    struct client *client = calloc(1, sizeof(*client));
    const struct cw_clocks clock = cw_clock_system();
    if (client == NULL)
        return cw_fail(err, CW_NO_MEMORY, "client");
    enum cw_status status = read_settings(client, call, err);
    if (status == CW_OK && client->settings.brokers[0] == '\0')
        status = cw_fail(err, CW_BAD_CONFIG,
                         "no brokers: --brokers, CAUSEWAY_KAFKA_BROKERS or "
                         "kafka.brokers in cwctl.yml");
    if (status == CW_OK)
        status =
            cw_log_create(&client->log, "cwctl", STDERR_FILENO, &clock, err);
    if (status != CW_OK) {
        client_close(&client);
        return status;
    }
    cw_log_set_level(client->log, CW_LOG_ERROR);
    client->kafka = (struct cw_kafka){
        .brokers = client->settings.brokers,
        .prefix = client->settings.prefix,
        .service = "cwctl",
        .instance = "cwctl",
        .options = client->options,
        .log = client->log,
    };
    *made = client;
    return CW_OK;
}

void client_close(struct client **client)
{
    if (*client == NULL)
        return;
    if ((*client)->handle != NULL)
        rd_kafka_destroy((*client)->handle);
    cw_log_destroy(&(*client)->log);
    cw_options_destroy(&(*client)->options);
    free(*client);
    *client = NULL;
}

const struct cw_kafka *client_kafka(const struct client *client)
{
    return &client->kafka;
}

const char *client_postgres(const struct client *client)
{
    return client->settings.postgres;
}

enum cw_status client_handle(struct client *client, rd_kafka_t **handle,
                             struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char why[200];
    if (client->handle == NULL) {
        const enum cw_status status =
            cw_kafka_conf(&conf, &client->kafka, CW_KAFKA_PRODUCER, err);
        if (status != CW_OK)
            return status;
        client->handle =
            rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
        if (client->handle == NULL) {
            rd_kafka_conf_destroy(conf);
            return cw_fail(err, CW_BAD_CONFIG, "%s", why);
        }
    }
    *handle = client->handle;
    return CW_OK;
}

enum cw_status client_metadata(struct client *client,
                               const rd_kafka_metadata_t **metadata,
                               struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    const enum cw_status status = client_handle(client, &handle, err);
    if (status != CW_OK)
        return status;
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(handle, 1, NULL, metadata, ASK_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return CW_OK;
    return cw_fail(err, cw_kafka_status(code), "%s: %s", client->kafka.brokers,
                   rd_kafka_err2str(code));
}

int client_partitions(const rd_kafka_metadata_t *metadata, const char *topic)
{
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0)
            return metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR
                       ? metadata->topics[i].partition_cnt
                       : 0;
    return 0;
}

void client_topic(const struct client *client, const char *name, char *text)
{
    cw_kafka_topic_name(&client->kafka, name, text, CLIENT_NAME_MAX);
}
