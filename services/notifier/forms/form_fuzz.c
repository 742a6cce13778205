/* Whatever strangers wrote: the message is JSON within Slack's limits, and the
 * only markup in it is ours. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "slack.h"
#include "webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_slack(const json_t *message, size_t size)
{
    const json_t *blocks = json_object_get(message, "blocks");
    const char *text = json_string_value(json_object_get(message, "text"));
    check(size <= 8000 && json_array_size(blocks) <= 10);
    check(text != NULL && strpbrk(text, "<>") == NULL);
    for (size_t i = 0; i < 2; i++) {
        const json_t *inner =
            json_object_get(json_array_get(blocks, i), "text");
        const char *shown = json_string_value(json_object_get(inner, "text"));
        check(shown != NULL && strpbrk(shown, "<>\r\t") == NULL);
        check(strlen(shown) <= (i == 0 ? 150 : 3000));
    }
}

static void check_body(enum cw_status status, struct cw_text body, bool slack)
{
    check(status == CW_OK);
    json_t *message = json_loadb(body.bytes, body.size, 0, NULL);
    check(message != NULL);
    if (slack)
        check_slack(message, body.size);
    json_decref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_error err = {0};
    struct cw_arena *arena = NULL;
    struct cw_text body = {0};
    const size_t third = size / 3;
    const char *text = (const char *)bytes;
    const struct cw_text parts[] = {{text, third},
                                    {text + third, third},
                                    {text + 2 * third, size - 2 * third}};
    const struct cw_entity entity = {parts[0], parts[1]};
    const struct cw_candidate candidate = {
        .label = parts[2], .evidence = parts, .evidence_count = 3};
    const struct cw_notice notice = {
        .meta = {.tenant = parts[0]},
        .incident_id = parts[1],
        .title = parts[2],
        .why = parts[0],
        .notice_id = parts[1],
        .entities = &entity,
        .entities_count = 1,
        .transition = (enum cw_transition)(size % CW_TRANSITION_COUNT),
        .severity = (enum cw_severity)(size % CW_SEVERITY_COUNT)};
    const struct cw_cause cause = {.unknown = size % 2 == 1,
                                   .candidates = &candidate,
                                   .candidates_count = 1,
                                   .missing = parts,
                                   .missing_count = 3,
                                   .summary = parts[1],
                                   .recommendation = {.text = parts[0]}};
    const struct notifier_facts facts = {&notice, &cause, NULL,
                                         "https://ops.example.org"};
    check(cw_arena_create(&arena, (size_t)64 << 20, &err) == CW_OK);
    check_body(notifier_slack(&facts, arena, &body, &err), body, true);
    check_body(notifier_webhook(&facts, arena, &body, &err), body, false);
    check_body(
        notifier_webhook_alertmanager(&facts, parts[2], arena, &body, &err),
        body, false);
    cw_arena_destroy(&arena);
    return 0;
}
