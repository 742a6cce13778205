#include "command.h"

#include "audit_verify.h"
#include "canonical.h"
#include "completion.h"
#include "confirm.h"
#include "deadletter.h"
#include "doctor.h"
#include "export.h"
#include "forecast.h"
#include "incidents.h"
#include "lag.h"
#include "notify.h"
#include "patterns.h"
#include "replay.h"
#include "say.h"
#include "say_silence.h"
#include "score.h"
#include "tail.h"
#include "topics.h"
#include "why.h"

#define ANY_COUNT ((size_t)4096)

#define TOPIC_OPTIONS                                                          \
    {"raw", "NAME[:N],...",                                                    \
     "raw topics to read, created when missing; also as words"},               \
        {"partitions", "N",                                                    \
         "of every topic but the raw ones; 16, fixed at installation"},        \
        {"replication", "N", "copies of each; 3, or a copy a broker"},         \
    {                                                                          \
        NULL, NULL, NULL                                                       \
    }

#define SPEAKER_OPTIONS                                                        \
    {"by", "WHO", "who says so; user@host"}, {"reason", "TEXT", "why"},        \
        {"tenant", "NAME", "whose; default that of the record"},               \
        {"domain", "NAME", "with it the record is not looked up first"},       \
        {"wait", NULL, "until the engine has taken it in"},                    \
    {                                                                          \
        "timeout", "SECONDS", "of --wait; 30"                                  \
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
                {"until", "TIME", "of --canonical: as of this stream time"},
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
        .words = "[NAME[:N]...]",
        .words_max = ANY_COUNT,
        .summary = "which topics are needed, what is there or differs, the "
                   "ACLs; exit 1 unless all is there",
        .examples = "  cwctl topics plan --raw otlp_metrics:3,logs\n",
        .run = topics_plan_run,
        .options = {TOPIC_OPTIONS},
    },
    {
        .noun = "topics",
        .verb = "create",
        .words = "[NAME[:N]...]",
        .words_max = ANY_COUNT,
        .summary = "creates what is missing, changes nothing that is there, "
                   "writes the manifest",
        .examples = "  cwctl topics create --partitions 16 --raw "
                    "otlp_metrics:3,logs:6\n",
        .run = topics_create_run,
        .options = {TOPIC_OPTIONS},
    },
    {
        .noun = "topics",
        .verb = "tail",
        .words = "TOPIC",
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
        .noun = "incidents",
        .verb = "list",
        .summary = "what is wrong now",
        .examples = "  cwctl incidents list\n"
                    "  cwctl incidents list --all -o csv\n",
        .run = incidents_list_run,
        .options =
            {
                {"all", NULL, "resolved and closed ones too"},
            },
    },
    {
        .noun = "incidents",
        .verb = "show",
        .words = "INCIDENT",
        .words_min = 1,
        .words_max = 1,
        .summary = "one incident: cause, members, repairs",
        .examples = "  cwctl incidents show INC-3JX9D\n",
        .run = incidents_show_run,
    },
    {
        .noun = "incidents",
        .verb = "explain",
        .words = "INCIDENT",
        .words_min = 1,
        .words_max = 1,
        .summary = "why these belong together, and why this cause",
        .examples = "  cwctl incidents explain INC-3JX9D\n",
        .run = incidents_explain_run,
    },
    {
        .noun = "why",
        .words = "ALERT",
        .words_min = 1,
        .words_max = 1,
        .summary = "where an alert, or what a title or entity said, ended, and "
                   "who was told",
        .examples = "  cwctl why 40f03160740e7327\n"
                    "  cwctl why cart\n",
        .run = why_run,
    },
    {
        .noun = "ack",
        .words = "INCIDENT",
        .words_min = 1,
        .words_max = 1,
        .summary = "acknowledges an incident",
        .examples = "  cwctl ack INC-3JX9D --wait\n",
        .run = say_ack_run,
        .options =
            {
                SPEAKER_OPTIONS,
            },
    },
    {
        .noun = "resolve",
        .words = "INCIDENT",
        .words_min = 1,
        .words_max = 1,
        .summary = "says that an incident is over",
        .examples = "  cwctl resolve INC-3JX9D --reason \"rolled back\"\n",
        .run = say_resolve_run,
        .options =
            {
                SPEAKER_OPTIONS,
            },
    },
    {
        .noun = "label",
        .words = "ID true|false|duplicate|wrong-cause",
        .words_min = 2,
        .words_max = 2,
        .summary = "was an incident or anomaly right?",
        .examples = "  cwctl label INC-3JX9D true\n",
        .run = say_label_run,
        .options =
            {
                SPEAKER_OPTIONS,
            },
    },
    {
        .noun = "approve",
        .words = "ACTION [HASH]",
        .words_min = 1,
        .words_max = 2,
        .summary = "shows a proposed repair, asks, and lets it run",
        .examples = "  cwctl approve 9f3c01d2 --wait\n"
                    "  cwctl approve 9f3c01d2 --confirm --by ana\n",
        .run = say_approve_run,
        .options =
            {
                CONFIRM_OPTION,
                SPEAKER_OPTIONS,
            },
    },
    {
        .noun = "reject",
        .words = "ACTION",
        .words_min = 1,
        .words_max = 1,
        .summary = "refuses a proposed repair",
        .examples =
            "  cwctl reject 9f3c01d2 --reason \"not during the sale\"\n",
        .run = say_reject_run,
        .options =
            {
                SPEAKER_OPTIONS,
            },
    },
    {
        .noun = "silence",
        .verb = "list",
        .summary = "silences in force: whose, why, until when",
        .examples = "  cwctl silence list\n",
        .run = say_silence_list_run,
        .options =
            {
                {"all", NULL, "those that are over too"},
            },
    },
    {
        .noun = "silence",
        .words = "LABEL=VALUE...",
        .words_min = 1,
        .words_max = ANY_COUNT,
        .summary = "pages nobody about what matches, for a time",
        .examples = "  cwctl silence entity=cart severity=WARNING --for 2h "
                    "--reason deploy\n"
                    "  cwctl silence list\n",
        .run = say_silence_run,
        .options =
            {
                {"for", "TIME", "2h: 30m, 2h, 7d"},
                {"by", "WHO", "who says so; user@host"},
                {"reason", "TEXT", "why; required"},
                {"tenant", "NAME", "whose; default"},
                {"domain", "NAME", "where it acts; that of the tenant"},
                {"timeout", "SECONDS", "waits so long for its id; 30"},
            },
    },
    {
        .noun = "unsilence",
        .words = "SILENCE",
        .words_min = 1,
        .words_max = 1,
        .summary = "ends a silence early",
        .examples = "  cwctl unsilence 04c1d2e3f4a5b6c7\n",
        .run = say_unsilence_run,
        .options =
            {
                {"by", "WHO", "who says so; user@host"},
                {"reason", "TEXT", "why"},
                {"tenant", "NAME", "whose it must be"},
                {"domain", "NAME", "where it must act"},
                {"wait", NULL, "until the engine has taken it in"},
                {"timeout", "SECONDS", "of --wait; 30"},
            },
    },
    {
        .noun = "repair",
        .verb = "stop",
        .summary = "the kill switch: no repair runs from now on",
        .examples = "  cwctl repair stop --reason \"maintenance\"\n",
        .run = say_repair_stop_run,
        .options =
            {
                SPEAKER_OPTIONS,
            },
    },
    {
        .noun = "repair",
        .verb = "start",
        .summary = "says who stopped repairs, asks, and lets them run again",
        .examples = "  cwctl repair start\n"
                    "  cwctl repair start --confirm\n",
        .run = say_repair_start_run,
        .options =
            {
                CONFIRM_OPTION,
                SPEAKER_OPTIONS,
            },
    },
    {
        .noun = "notify",
        .verb = "test",
        .summary = "does a page reach anybody, and its end? Fires, resolves",
        .examples = "  cwctl notify test\n",
        .run = notify_run,
        .options =
            {
                {"real", NULL, "tell also targets that want no drills"},
                {"timeout", "SECONDS", "waits so long for each of both; 15"},
            },
    },
    {
        .noun = "audit",
        .verb = "verify",
        .summary = "is the chain of decisions whole? With --postgres also "
                   "its end",
        .examples = "  cwctl audit verify\n"
                    "  cwctl audit verify --key-file 2025=old.key --key-file "
                    "2026=new.key\n",
        .run = audit_verify_run,
        .options =
            {
                {"key-file", "[ID=]FILE,...",
                 "keys by their names in the chain; none = plain hashes"},
                {"key-id", "ID", "name of a key without ID="},
            },
    },
    {
        .noun = "deadletter",
        .verb = "list",
        .words = "[PARTITION/OFFSET...]",
        .words_min = 0,
        .words_max = ANY_COUNT,
        .summary = "what could not be read, and why",
        .examples = "  cwctl deadletter list --topic logs\n",
        .run = deadletter_list_run,
        .options =
            {
                {"code", "CODE", "only of this reason"},
                {"topic", "NAME", "only of this raw topic"},
            },
    },
    {
        .noun = "deadletter",
        .verb = "retry",
        .words = "[PARTITION/OFFSET...]",
        .words_min = 0,
        .words_max = ANY_COUNT,
        .summary = "puts refused records in again, each once",
        .examples = "  cwctl deadletter retry 0/17\n"
                    "  cwctl deadletter retry --code bad_record\n"
                    "  cwctl deadletter retry --all --confirm\n",
        .run = deadletter_retry_run,
        .options =
            {
                {"code", "CODE", "those of this reason"},
                {"topic", "NAME", "those of this raw topic"},
                {"all", NULL, "every one; asks before"},
                {"again", NULL, "also those that were put in again before"},
                CONFIRM_OPTION,
            },
    },
    {
        .noun = "lag",
        .summary = "how far behind each stage and effect is, in records and "
                   "seconds",
        .examples = "  cwctl lag --behind\n",
        .run = lag_run,
        .options =
            {
                {"behind", NULL, "only where something is left to read"},
            },
    },
    {
        .noun = "doctor",
        .summary = "is all well, and if not, what to look at",
        .examples = "  cwctl doctor\n",
        .run = doctor_run,
    },
    {
        .noun = "canonical",
        .summary = "final records on the topics in canonical form, sha256",
        .examples = "  cwctl canonical | tail -1\n"
                    "  cwctl canonical --until 2026-02-03T04:05:06Z\n",
        .run = canonical_run,
        .options = {{"until", "TIME", "as of this stream time"}},
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
