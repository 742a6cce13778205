#include "stream/service_options.h"

#define RESTART (CW_OPT_LOCAL | CW_OPT_RESTART)
#define ROW(name, type, field, fallback, min, max, unit, flags, meaning)       \
    {                                                                          \
        name, type, offsetof(struct cw_service_options, field), fallback, min, \
            max, unit, flags, meaning                                          \
    }

/* None of them takes part in a decision. */
const struct cw_option cw_service_option_rows[] = {
    ROW("kafka.brokers", CW_OPT_TEXT, brokers, "", 0, 0, "host:port,...",
        CW_OPT_REQUIRED | RESTART, "Kafka bootstrap servers"),
    ROW("prefix", CW_OPT_TEXT, prefix, "causeway", 0, 0, "", RESTART,
        "first word of every topic and group"),
    ROW("instance", CW_OPT_TEXT, instance, "0", 0, 0, "", RESTART,
        "stable identity of this instance (pod ordinal): two with one identity "
        "fence each other"),
    ROW("log.level", CW_OPT_CHOICE, log_level, "info", 0, 0,
        "debug|info|warn|error", CW_OPT_LOCAL, "least level written to stderr"),
    ROW("admin.address", CW_OPT_TEXT, admin_address, "127.0.0.1", 0, 0, "",
        RESTART, "where /metrics, /-/healthy and /-/ready listen"),
    ROW("admin.port", CW_OPT_INT, admin_port, "0", 0, 65535, "", RESTART,
        "0 = any free one, see the log"),
    ROW("commit.every", CW_OPT_DURATION, commit_every_us, "50ms", 1000,
        10000000, "", RESTART, "a commit at least so often when there is news"),
    ROW("snapshot.within", CW_OPT_DURATION, snapshot_within_us, "60s", 1000000,
        120000000, "", RESTART, "every shard is saved so often"),
    ROW("stall.limit", CW_OPT_DURATION, stall_limit_us, "30s", 1000000,
        3600000000.0, "", RESTART,
        "an input whose time stands so long is left out, on record"),
    ROW("grace", CW_OPT_DURATION, grace_us, "200ms", 0, 60000000, "", RESTART,
        "time of an idle raw partition stays so far behind the clock"),
    ROW("tick.every", CW_OPT_DURATION, tick_every_us, "200ms", 10000, 60000000,
        "", RESTART, "how often time moves on idle raw partitions"),
    ROW("ready.grace", CW_OPT_DURATION, ready_grace_us, "30s", 1000000,
        600000000, "", RESTART, "not ready after so long without a commit"),
    ROW("progress.limit", CW_OPT_DURATION, progress_limit_us, "60s", 1000000,
        3600000000.0, "", RESTART,
        "the process ends (75) when its loop stands so long"),
    ROW("restore.timeout", CW_OPT_DURATION, restore_timeout_us, "60s", 1000000,
        3600000000.0, "", RESTART, "snapshots must be readable within"),
    ROW("outbox.max", CW_OPT_SIZE, outbox_max, "64MiB", 1048576, 4294967296.0,
        "", RESTART, "bytes of output in one transaction"),
    ROW("message.size", CW_OPT_SIZE, message_size, "900KiB", 65536, 4194304, "",
        RESTART,
        "bytes of a message, at most: below the topics' max.message.bytes"),
    ROW("held.max", CW_OPT_SIZE, held_max, "256MiB", 1048576, 68719476736.0, "",
        RESTART,
        "bytes waiting for the slowest input; above it, that input is left "
        "out, on record"),
};

const size_t cw_service_option_count =
    sizeof(cw_service_option_rows) / sizeof(cw_service_option_rows[0]);
