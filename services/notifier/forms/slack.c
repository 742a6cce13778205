#include "slack.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "plain.h"

#define HEADER_MAX_COUNT 140  /* Slack allows 150 */
#define BLOCK_MAX_SIZE   2900 /* bytes, and so characters: Slack allows 3,000 */
#define FOLDED_MAX       10

/* & < > as Slack wants them; nothing else is special in plain_text. */
static struct cw_text escaped(struct cw_text text, struct cw_arena *arena)
{
    char *out = cw_arena_take(arena, text.size * 5 + 1);
    size_t size = 0;
    if (out == NULL)
        return (struct cw_text){"", 0};
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.bytes[i];
        const char *entity = c == '&'   ? "&amp;"
                             : c == '<' ? "&lt;"
                             : c == '>' ? "&gt;"
                                        : NULL;
        for (const char *at = entity; at != NULL && *at != '\0'; at++)
            out[size++] = *at;
        if (entity == NULL)
            out[size++] = c;
    }
    return (struct cw_text){out, size};
}

static json_t *string_of(struct cw_text text)
{
    return json_stringn(text.bytes ? text.bytes : "", text.size);
}

static json_t *block_of(const char *type, const char *text_type,
                        struct cw_text text)
{
    json_t *inner =
        json_pack("{s:s, s:o}", "type", text_type, "text", string_of(text));
    if (inner != NULL && text_type[0] == 'p')
        (void)json_object_set_new(inner, "emoji", json_false());
    if (inner != NULL && text_type[0] == 'm')
        (void)json_object_set_new(inner, "verbatim", json_true());
    if (type[0] == 'c')
        return json_pack("{s:s, s:[o]}", "type", type, "elements", inner);
    return json_pack("{s:s, s:o}", "type", type, "text", inner);
}

/* The lines that are not told by a block of their own. */
static struct cw_text body_lines(const struct notifier_story *story,
                                 struct cw_arena *arena)
{
    struct cw_text all = {"", 0};
    for (size_t i = 0; i < story->count; i++) {
        const struct cw_text line = escaped(story->lines[i], arena);
        if (cw_text_starts(story->lines[i], CW_TEXT("Acknowledge: ")) ||
            cw_text_starts(story->lines[i], CW_TEXT("Details: ")))
            continue;
        if (all.size + line.size + 1 > BLOCK_MAX_SIZE)
            break;
        all = cw_arena_print(arena, "%.*s%s%.*s", CW_TEXT_ARG(all),
                             all.size ? "\n" : "", CW_TEXT_ARG(line));
    }
    return all;
}

/* In the reader's own zone, by Slack's date markup; else UTC. */
static struct cw_text footer(const struct notifier_facts *facts,
                             const struct notifier_story *story,
                             struct cw_arena *arena)
{
    char utc[NOTIFIER_ZONE_TEXT_SIZE];
    const struct cw_notice *notice = facts->notice;
    (void)notifier_zone_format(NULL, notice->started_at, utc);
    const struct cw_text id = notifier_plain_is_word(notice->incident_id)
                                  ? notice->incident_id
                                  : CW_TEXT("incident");
    /* The URL is the operator's option and a checked id: ours to link. */
    const struct cw_text linked =
        story->url.size > 0
            ? cw_arena_print(arena, "<%.*s|%.*s>", CW_TEXT_ARG(story->url),
                             CW_TEXT_ARG(id))
            : id;
    return cw_arena_print(
        arena,
        "%.*s, since <!date^%" PRId64 "^{date_short_pretty} {time_secs}|%s>",
        CW_TEXT_ARG(linked), notice->started_at / 1000000, utc);
}

static enum cw_status dump(json_t *message, struct cw_arena *arena,
                           struct cw_text *body, struct cw_error *err)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    if (text == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message");
    const struct cw_text copy = cw_arena_text(arena, cw_text_of(text));
    free(text);
    if (copy.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message");
    *body = copy;
    return CW_OK;
}

static json_t *message_of(struct cw_text fallback, json_t *blocks)
{
    return json_pack("{s:o, s:o, s:b, s:b, s:b, s:b, s:s}", "text",
                     string_of(fallback), "blocks", blocks, "mrkdwn", 0,
                     "link_names", 0, "unfurl_links", 0, "unfurl_media", 0,
                     "parse", "none");
}

enum cw_status notifier_slack(const struct notifier_facts *facts,
                              struct cw_arena *arena, struct cw_text *body,
                              struct cw_error *err)
{
    const struct notifier_story story = notifier_story_tell(facts, arena);
    const struct cw_text head = escaped(
        notifier_plain(arena, story.headline, (size_t)HEADER_MAX_COUNT / 5 * 4),
        arena);
    /* Escaping may have made it longer than Slack takes. */
    const struct cw_text short_head =
        head.size <= HEADER_MAX_COUNT
            ? head
            : escaped(
                  notifier_plain(arena, story.headline, HEADER_MAX_COUNT / 5),
                  arena);
    json_t *blocks = json_array();
    (void)json_array_append_new(blocks,
                                block_of("header", "plain_text", short_head));
    (void)json_array_append_new(
        blocks, block_of("section", "plain_text", body_lines(&story, arena)));
    if (story.command.size > 0)
        (void)json_array_append_new(
            blocks, block_of("section", "mrkdwn",
                             cw_arena_print(arena, "Acknowledge: `%.*s`",
                                            CW_TEXT_ARG(story.command))));
    (void)json_array_append_new(
        blocks, block_of("context", "mrkdwn", footer(facts, &story, arena)));
    return dump(message_of(escaped(story.headline, arena), blocks), arena, body,
                err);
}

enum cw_status notifier_slack_folded(const struct cw_notice *const *notices,
                                     size_t given, size_t count,
                                     struct cw_arena *arena,
                                     struct cw_text *body, struct cw_error *err)
{
    struct cw_text all = {"", 0};
    const size_t shown = given < FOLDED_MAX ? given : FOLDED_MAX;
    for (size_t i = 0; i < shown; i++) {
        const struct cw_text title =
            notifier_plain(arena, notices[i]->title, 100);
        const struct cw_text id =
            notifier_plain(arena, notices[i]->incident_id, 20);
        const struct cw_text line =
            cw_arena_print(arena, "%.*s %s: %.*s", CW_TEXT_ARG(id),
                           notifier_transition_word(notices[i]->transition),
                           CW_TEXT_ARG(title));
        all = cw_arena_print(arena, "%.*s%s%.*s", CW_TEXT_ARG(all),
                             i ? "\n" : "", CW_TEXT_ARG(escaped(line, arena)));
    }
    if (count > shown)
        all = cw_arena_print(arena, "%.*s\nand %zu more", CW_TEXT_ARG(all),
                             count - shown);
    const struct cw_text head =
        cw_arena_print(arena, "%zu notices in a minute, told as one", count);
    json_t *blocks = json_array();
    (void)json_array_append_new(blocks, block_of("header", "plain_text", head));
    (void)json_array_append_new(blocks, block_of("section", "plain_text", all));
    return dump(message_of(head, blocks), arena, body, err);
}
