#include "story.h"

#include <inttypes.h>

#include "plain.h"

#define LINE_MAX_COUNT 300
#define NAME_MAX_COUNT ((size_t)60)
#define NAMES_MAX      5
#define EVIDENCE_MAX   3
#define SECOND_US      INT64_C(1000000)

const char *notifier_transition_word(enum cw_transition transition)
{
    static const char *const words[] = {"firing", "acknowledged", "resolved",
                                        "reopened", "escalated"};
    _Static_assert(sizeof(words) / sizeof(words[0]) == CW_TRANSITION_COUNT,
                   "every transition has its word");
    return (unsigned)transition < CW_TRANSITION_COUNT ? words[transition]
                                                      : "unknown";
}

struct cw_text notifier_duration(struct cw_arena *arena, int64_t duration_us)
{
    const int64_t s = duration_us > 0 ? duration_us / SECOND_US : 0;
    if (s < 120)
        return cw_arena_print(arena, "%" PRId64 " s", s);
    if (s < 7200)
        return cw_arena_print(arena, "%" PRId64 " min", s / 60);
    if (s < 172800)
        return cw_arena_print(arena, "%" PRId64 " h %" PRId64 " min", s / 3600,
                              s / 60 % 60);
    return cw_arena_print(arena, "%" PRId64 " d %" PRId64 " h", s / 86400,
                          s / 3600 % 24);
}

static void add(struct notifier_story *story, struct cw_text line)
{
    if (line.size > 0 && story->count < STORY_LINES - 1)
        story->lines[story->count++] = line;
}

static struct cw_text headline(const struct cw_notice *notice,
                               struct cw_arena *arena)
{
    static const char *const words[] = {"FIRING", "ACKNOWLEDGED", "RESOLVED",
                                        "REOPENED", "ESCALATED"};
    const struct cw_text title =
        notifier_plain(arena, notice->title, 2 * NAME_MAX_COUNT);
    const char *word = (unsigned)notice->transition < CW_TRANSITION_COUNT
                           ? words[notice->transition]
                           : "NOTICE";
    return cw_arena_print(arena, "%s%s %s: %.*s", notice->drill ? "DRILL " : "",
                          word, cw_severity_name(notice->severity),
                          CW_TEXT_ARG(title));
}

static struct cw_text since(const struct notifier_facts *facts,
                            struct cw_arena *arena)
{
    const struct cw_notice *notice = facts->notice;
    char at[NOTIFIER_ZONE_TEXT_SIZE];
    (void)notifier_zone_format(facts->zone, notice->started_at, at);
    const struct cw_text took =
        notifier_duration(arena, notice->decided_at - notice->started_at);
    if (notice->transition == CW_TRANSITION_RESOLVED)
        return cw_arena_print(arena, "Lasted %.*s, since %s", CW_TEXT_ARG(took),
                              at);
    return cw_arena_print(arena, "Since %s, told %.*s later", at,
                          CW_TEXT_ARG(took));
}

static struct cw_text affected(const struct cw_notice *notice,
                               struct cw_arena *arena)
{
    struct cw_text list = {"", 0};
    const size_t shown =
        notice->entities_count < NAMES_MAX ? notice->entities_count : NAMES_MAX;
    for (size_t i = 0; i < shown; i++) {
        const struct cw_text name =
            notifier_plain(arena, notice->entities[i].name, NAME_MAX_COUNT);
        list = cw_arena_print(arena, "%.*s%s%.*s", CW_TEXT_ARG(list),
                              i ? ", " : "", CW_TEXT_ARG(name));
    }
    const size_t more = notice->entities_count - shown;
    if (more > 0)
        list =
            cw_arena_print(arena, "%.*s and %zu more", CW_TEXT_ARG(list), more);
    if (list.size == 0)
        list = CW_TEXT("nobody known");
    return cw_arena_print(arena, "Affected: %.*s (%" PRId32 " signal%s)",
                          CW_TEXT_ARG(list), notice->member_count,
                          notice->member_count == 1 ? "" : "s");
}

static struct cw_text joined(const struct cw_text *texts, size_t count,
                             struct cw_arena *arena)
{
    struct cw_text list = {"", 0};
    for (size_t i = 0; i < count && i < EVIDENCE_MAX; i++)
        list = cw_arena_print(
            arena, "%.*s%s%.*s", CW_TEXT_ARG(list), i ? "; " : "",
            CW_TEXT_ARG(notifier_plain(arena, texts[i], LINE_MAX_COUNT / 3)));
    return list;
}

static void add_unknown(struct notifier_story *story,
                        const struct cw_cause *cause, struct cw_arena *arena)
{
    const struct cw_text missing =
        joined(cause->missing, cause->missing_count, arena);
    add(story, cw_arena_print(arena, "Probable cause: unknown%s%.*s",
                              missing.size ? ", missing: " : "",
                              CW_TEXT_ARG(missing)));
}

static void add_cause(struct notifier_story *story,
                      const struct cw_cause *cause, struct cw_arena *arena)
{
    if (cause == NULL) {
        add(story, CW_TEXT("Probable cause: not ranked yet"));
        return;
    }
    if (cause->unknown || cause->candidates_count == 0) {
        add_unknown(story, cause, arena);
        return;
    }
    const struct cw_candidate *best = &cause->candidates[0];
    const struct cw_text label =
        notifier_plain(arena, best->label, 2 * NAME_MAX_COUNT);
    const double percent =
        cause->confidence > 0.0 ? 100.0 * cause->confidence : 0.0;
    add(story,
        cw_arena_print(arena, "Probable cause: %.*s (confidence %.0f %%)",
                       CW_TEXT_ARG(label), percent < 100.0 ? percent : 100.0));
    for (size_t i = 0; i < best->evidence_count && i < EVIDENCE_MAX; i++)
        add(story,
            cw_arena_print(arena, "- %.*s",
                           CW_TEXT_ARG(notifier_plain(arena, best->evidence[i],
                                                      LINE_MAX_COUNT))));
}

/* "cwctl ack INC-7Q4K2": only of words that need no quoting, since people
 * paste it into a shell. */
static struct cw_text command(const struct cw_notice *notice,
                              struct cw_arena *arena)
{
    const struct cw_text tenant = notice->meta.tenant;
    const bool usual = cw_text_is(tenant, "default");
    if (notice->transition == CW_TRANSITION_RESOLVED ||
        notice->transition == CW_TRANSITION_ACKNOWLEDGED ||
        !notifier_plain_is_word(notice->incident_id) ||
        (!usual && !notifier_plain_is_word(tenant)))
        return (struct cw_text){"", 0};
    return cw_arena_print(
        arena, "cwctl ack %.*s%s%.*s", CW_TEXT_ARG(notice->incident_id),
        usual ? "" : " --tenant ", usual ? 0 : (int)tenant.size,
        usual ? "" : tenant.bytes);
}

struct notifier_story notifier_story_tell(const struct notifier_facts *facts,
                                          struct cw_arena *arena)
{
    const struct cw_notice *notice = facts->notice;
    const bool over = notice->transition == CW_TRANSITION_RESOLVED;
    struct notifier_story story = {.headline = headline(notice, arena),
                                   .command = command(notice, arena)};
    add(&story, since(facts, arena));
    add(&story, affected(notice, arena));
    if (notice->why.size > 0)
        add(&story, cw_arena_print(arena, "Why: %.*s",
                                   CW_TEXT_ARG(notifier_plain(
                                       arena, notice->why, LINE_MAX_COUNT))));
    if (!over || facts->cause != NULL)
        add_cause(&story, facts->cause, arena);
    if (!over && facts->cause != NULL &&
        facts->cause->recommendation.text.size > 0)
        add(&story, cw_arena_print(arena, "Suggested: %.*s",
                                   CW_TEXT_ARG(notifier_plain(
                                       arena, facts->cause->recommendation.text,
                                       LINE_MAX_COUNT))));
    if (story.command.size > 0)
        add(&story, cw_arena_print(arena, "Acknowledge: %.*s",
                                   CW_TEXT_ARG(story.command)));
    if (facts->console_url != NULL &&
        notifier_plain_is_word(notice->incident_id))
        story.url =
            cw_arena_print(arena, "%s/incident/%.*s", facts->console_url,
                           CW_TEXT_ARG(notice->incident_id));
    if (story.url.size > 0)
        add(&story,
            cw_arena_print(arena, "Details: %.*s", CW_TEXT_ARG(story.url)));
    return story;
}
