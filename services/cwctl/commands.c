#include "command.h"

#include "completion.h"
#include "export.h"
#include "forecast.h"
#include "patterns.h"
#include "replay.h"
#include "score.h"
#include "tail.h"
#include "topics.h"

#define ANY_COUNT ((size_t)4096)

#define TOPIC_OPTIONS                                                          \
    {"raw", "NAME[:N[:FORMAT]],...",                                           \
     "raw topics to read, created when missing; also as words"},               \
        {"partitions", "N",                                                    \
         "of every topic but the raw ones; 16, fixed at installation"},        \
        {"replication", "N", "copies of each; 3, or a copy a broker"},         \
    {                                                                          \
        NULL, NULL, NULL                                                       \
    }

const struct command commands[] = {
    {
        .noun = "replay",
        .words = "[FILE...|-]",
        .words_max = ANY_COUNT,
        .summary = "raw records through the whole engine, and what it writes",
        .examples = "  cwctl replay day.ndjson\n"
                    "  cwctl replay --topics incidents,causes < day.ndjson\n"
                    "  cwctl replay --canonical day.ndjson | tail -1\n",
        .run = replay_run,
        .options =
            {
                {"config", "FILE", "options of the services, as they read it"},
                {"partitions", "N",
                 "of the engine's topics, and of raw records naming none; 1"},
                {"topics", "NAME,...", "records to print; all = every topic"},
                {"canonical", NULL,
                 "last revisions in canonical form, and their sha256"},
                {"lenient", NULL, "pass over lines that cannot be read"},
                {"shuffle", "SEED",
                 "work in another order; the answer must not change"},
            },
    },
    {
        .noun = "score",
        .words = "[FILE|-]",
        .words_max = 1,
        .summary = "how unusual each sample of a series is",
        .examples = "  cwctl score < series.csv > scored.csv\n",
        .run = score_run,
        .options = {{"config", "FILE", "options of the detector"}},
    },
    {
        .noun = "patterns",
        .words = "[FILE|-]",
        .words_max = 1,
        .summary = "which lines of a log say the same",
        .examples = "  cwctl patterns < app.log > patterns.csv\n",
        .run = patterns_run,
    },
    {
        .noun = "forecast",
        .words = "[FILE|-]",
        .words_max = 1,
        .summary = "where a series will be, with a 90 % band",
        .examples = "  cwctl forecast --horizon 48 < series.csv\n",
        .run = forecast_run,
        .options = {{"horizon", "N", "steps ahead; 24"}},
    },
    {
        .noun = "topics",
        .verb = "plan",
        .words = "[NAME[:N[:FORMAT]]...]",
        .words_max = ANY_COUNT,
        .summary = "which topics are needed, what is there, and the ACLs",
        .examples = "  cwctl topics plan --raw otlp_metrics:3,logs\n",
        .run = topics_plan_run,
        .options = {TOPIC_OPTIONS},
    },
    {
        .noun = "topics",
        .verb = "create",
        .words = "[NAME[:N[:FORMAT]]...]",
        .words_max = ANY_COUNT,
        .summary = "creates what is missing and writes the manifest",
        .examples = "  cwctl topics create --partitions 16 --raw "
                    "otlp_metrics:3,logs:6\n",
        .run = topics_create_run,
        .options = {TOPIC_OPTIONS},
    },
    {
        .noun = "topics",
        .verb = "tail",
        .words = "NAME",
        .words_min = 1,
        .words_max = 1,
        .summary = "what comes on a topic, or stands there, decoded",
        .examples = "  cwctl topics tail incidents\n"
                    "  cwctl topics tail causes --from beginning --where "
                    "incident_id=INC-3JX9D\n",
        .run = tail_run,
        .options =
            {
                {"from", "beginning|end", "end: what comes from now on"},
                {"follow", NULL, "from the beginning, and go on at the end"},
                {"limit", "N", "so many, then stop"},
                {"where", "PATH=VALUE", "only records that say so"},
            },
    },
    {
        .noun = "topics",
        .verb = "export",
        .summary = "raw topics, clock and verdicts as a file that replays",
        .examples = "  cwctl topics export > day.ndjson\n"
                    "  cwctl topics export --since 2026-02-03T04:00Z\n",
        .run = export_run,
        .options =
            {
                {"since", "TIME", "raw records from this Kafka time on"},
                {"until", "TIME", "and up to this one"},
            },
    },
    {
        .noun = "completion",
        .words = "bash|zsh|fish",
        .words_min = 1,
        .words_max = 1,
        .summary = "completion of commands and options for a shell",
        .examples = "  eval \"$(cwctl completion bash)\"\n"
                    "  cwctl completion fish > "
                    "~/.config/fish/completions/cwctl.fish\n",
        .run = completion_run,
    },
    {.noun = NULL},
};
