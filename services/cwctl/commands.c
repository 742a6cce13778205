#include "command.h"

#include "completion.h"
#include "forecast.h"
#include "patterns.h"
#include "replay.h"
#include "score.h"

#define ANY_COUNT ((size_t)4096)

const struct command commands[] = {
    {"replay",
     NULL,
     "[FILE...|-]",
     0,
     ANY_COUNT,
     "raw records through the whole engine, and every record it writes",
     "  cwctl replay day.ndjson\n"
     "  cwctl replay --topics incidents,causes - < day.ndjson\n"
     "  cwctl replay --canonical day.ndjson | tail -1\n",
     replay_run,
     {{"config", "FILE", "options of the services, as they read them"},
      {"partitions", "N",
       "of the engine's topics, and of raw records that "
       "name none; 1"},
      {"topics", "NAME,...", "which records to print; all = every one"},
      {"canonical", NULL, "last revisions in canonical form, and their sha256"},
      {"lenient", NULL, "pass over lines that cannot be read"},
      {"shuffle", "SEED",
       "do the work in another order; the answer must not "
       "change"}}},
    {"score",
     NULL,
     "[FILE|-]",
     0,
     1,
     "how unusual each sample of a series is",
     "  cwctl score < series.csv > scored.csv\n",
     score_run,
     {{"config", "FILE", "options of the detector"}}},
    {"patterns",
     NULL,
     "[FILE|-]",
     0,
     1,
     "which lines of a log say the same",
     "  cwctl patterns < app.log > patterns.csv\n",
     patterns_run,
     {{NULL, NULL, NULL}}},
    {"forecast",
     NULL,
     "[FILE|-]",
     0,
     1,
     "where a series will be, with a 90 % band",
     "  cwctl forecast --horizon 48 < series.csv\n",
     forecast_run,
     {{"horizon", "N", "steps ahead; 24"}}},
    {"completion",
     NULL,
     "bash|zsh|fish",
     1,
     1,
     "completion of commands and options for a shell",
     "  eval \"$(cwctl completion bash)\"\n"
     "  cwctl completion fish > ~/.config/fish/completions/cwctl.fish\n",
     completion_run,
     {{NULL, NULL, NULL}}},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, {{NULL, NULL, NULL}}},
};
