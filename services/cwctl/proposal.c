#include "proposal.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "latest.h"

enum cw_status proposal_check(const json_t *action, int64_t now_at,
                              struct cw_error *err)
{
    const char *id = latest_text(action, "action_id");
    const char *state = latest_text(action, "state");
    const int64_t expires_at = latest_number(action, "expires_at");
    char text[CW_TIME_TEXT_SIZE];
    if (strcmp(state, "PROPOSED") != 0)
        return cw_fail(err, CW_BROKEN, "action %s is %s and waits for nobody",
                       id, state);
    if (expires_at > 0 && expires_at <= now_at) {
        (void)cw_time_format_ms(expires_at, text);
        return cw_fail(err, CW_BROKEN, "action %s expired at %s", id, text);
    }
    return CW_OK;
}

static void print_text(const char *name, const json_t *value, FILE *out)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    (void)fprintf(out, "  %-13s %s\n", name, text != NULL ? text : "");
    free(text);
}

static void print_words(const char *name, const json_t *action,
                        const char *member, FILE *out)
{
    const json_t *words = json_object_get(action, member);
    if (json_array_size(words) > 0)
        print_text(name, words, out);
}

static void print_time(const char *name, int64_t at, FILE *out)
{
    char text[CW_TIME_TEXT_SIZE];
    (void)cw_time_format_ms(at, text);
    (void)fprintf(out, "  %-13s %s\n", name, at > 0 ? text : "never");
}

void proposal_print(const json_t *action, FILE *out)
{
    (void)fprintf(out, "action %s of policy %s%s\n",
                  latest_text(action, "action_id"),
                  latest_text(action, "policy"),
                  json_is_true(json_object_get(action, "dry_run"))
                      ? ", a dry run: nothing is run"
                      : "");
    print_words("runs", action, "argv", out);
    print_words("after", action, "precheck_argv", out);
    print_words("undone by", action, "rollback_argv", out);
    print_text("on", json_object_get(json_object_get(action, "target"), "name"),
               out);
    print_words("may hurt", action, "blast_radius", out);
    (void)fprintf(out, "  %-13s %s\n", "for",
                  latest_text(action, "incident_id"));
    (void)fprintf(out, "  %-13s %.2f\n", "confidence",
                  json_number_value(json_object_get(action, "confidence")));
    (void)fprintf(out, "  %-13s %lld s\n", "timeout",
                  (long long)(latest_number(action, "timeout_us") / 1000000));
    (void)fprintf(out, "  %-13s %s\n", "hash",
                  latest_text(action, "action_hash"));
    print_time("expires", latest_number(action, "expires_at"), out);
}
