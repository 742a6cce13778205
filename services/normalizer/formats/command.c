/*
 * command - what people, trainers and effect loops say: the JSON of
 * raw.commands, raw.config, raw.models and raw.results.
 *
 * Input    {"kind":"acknowledge","tenant","domain","target","by","value",
 *          "reason","expires_at","matchers","parameters","id","at"}
 *          kind: a name of enum cw_said_kind in any case, - or _ between;
 *          matchers: {"entity":"cart"} or [{"label","value"}];
 *          parameters: an object, what is no text in it as JSON
 *   label        target, value true|false|duplicate|wrong-cause
 *   acknowledge, resolve, unsilence, approve, reject   target
 *   silence      matchers, expires_at
 *   kill_switch  value stop|start
 *   rule, model  target, value or parameters
 *   result       target, value
 * Output   one said. said_id is the hash of all of it, so that sending twice
 *          is saying once. Where nothing in it is particular to this saying
 *          (id, at, parameters.request_id), Kafka's time joins the hash: the
 *          second "stop" of a kill switch must not pass for a repeat
 * Limits   COMMAND_LIST_MAX matchers and parameters; a command that lacks what
 *          its kind needs is refused, never guessed
 */
#include "format.h"

#include "base/hash.h"
#include "../flatten.h"

#define COMMAND_LIST_MAX 256
#define KIND_SIZE_MAX    32

struct command {
    struct cw_said said;
    struct cw_key_value parameters[COMMAND_LIST_MAX];
    struct cw_matcher matchers[COMMAND_LIST_MAX];
    bool particular; /* id, at or request_id was given */
    uint64_t hash;   /* over id and at too */
};

static struct cw_text text_of(struct tree_value object, const char *key,
                              struct cw_arena *arena)
{
    return flatten_text(tree_get(object, cw_text_of(key)), arena);
}

static enum cw_said_kind kind_of(struct cw_text word)
{
    char upper[KIND_SIZE_MAX];
    if (word.size == 0 || word.size > sizeof(upper))
        return CW_SAID_KIND_UNKNOWN;
    for (size_t i = 0; i < word.size; i++) {
        const char c = word.bytes[i];
        upper[i] = c;
        if (c == '-')
            upper[i] = '_';
        else if (c >= 'a' && c <= 'z')
            upper[i] = (char)(c - 'a' + 'A');
    }
    const enum cw_said_kind kind =
        cw_said_kind_find((struct cw_text){upper, word.size});
    return kind == CW_SAID_KIND_COUNT ? CW_SAID_KIND_UNKNOWN : kind;
}

/* Anything but a scalar stays JSON: rules and provenance have a shape. */
static bool parameter_text(struct tree_value value, struct cw_arena *arena,
                           struct cw_text *text)
{
    const enum tree_type type = tree_type_of(value);
    if (type != TREE_OBJECT && type != TREE_ARRAY) {
        *text = flatten_text(value, arena);
        return true;
    }
    const size_t size = tree_write(value, NULL, 0);
    char *bytes = size > 0 ? cw_arena_take(arena, size) : NULL;
    if (bytes == NULL)
        return false;
    *text = (struct cw_text){bytes, tree_write(value, bytes, size)};
    return true;
}

static bool read_parameters(struct command *command, struct tree_value object,
                            struct cw_arena *arena)
{
    struct tree_walk walk = tree_walk_of(object);
    struct cw_text key;
    struct tree_value value;
    size_t count = 0;
    if (tree_type_of(object) == TREE_ARRAY)
        return false;
    while (walk.object && tree_walk_next(&walk, &key, &value)) {
        struct cw_text text;
        if (count == COMMAND_LIST_MAX || !parameter_text(value, arena, &text))
            return false;
        command->parameters[count++] = (struct cw_key_value){key, text};
        command->particular =
            command->particular || cw_text_is(key, "request_id");
    }
    command->said.parameters = command->parameters;
    command->said.parameters_count = count;
    return true;
}

static bool add_matcher(struct command *command, struct cw_text label,
                        struct cw_text value)
{
    if (label.size == 0 || value.size == 0 ||
        command->said.matchers_count == COMMAND_LIST_MAX)
        return false;
    command->matchers[command->said.matchers_count++] =
        (struct cw_matcher){label, value};
    return true;
}

static bool read_matchers(struct command *command, struct tree_value list,
                          struct cw_arena *arena)
{
    struct tree_walk walk = tree_walk_of(list);
    struct cw_text key = CW_TEXT("");
    struct tree_value value;
    command->said.matchers = command->matchers;
    while (tree_walk_next(&walk, &key, &value)) {
        const bool good =
            walk.object ? add_matcher(command, key, flatten_text(value, arena))
                        : add_matcher(command, text_of(value, "label", arena),
                                      text_of(value, "value", arena));
        if (!good)
            return false;
    }
    return true;
}

static bool is_one_of(struct cw_text text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (cw_text_is(text, *words))
            return true;
    return false;
}

/* What the kind lacks, NULL when it is complete. */
static const char *lacks(const struct cw_said *said)
{
    static const char *const labels[] = {"true", "false", "duplicate",
                                         "wrong-cause", NULL};
    static const char *const switches[] = {"stop", "start", NULL};
    switch (said->kind) {
    case CW_SAID_KIND_KILL_SWITCH:
        return is_one_of(said->value, switches) ? NULL : "value stop or start";
    case CW_SAID_KIND_SILENCE:
        if (said->matchers_count == 0)
            return "matchers";
        return said->expires_at > 0 ? NULL : "expires_at";
    case CW_SAID_KIND_LABEL:
        if (!is_one_of(said->value, labels))
            return "value true, false, duplicate or wrong-cause";
        break;
    case CW_SAID_KIND_RULE:
    case CW_SAID_KIND_MODEL:
        if (said->value.size == 0 && said->parameters_count == 0)
            return "value or parameters";
        break;
    case CW_SAID_KIND_RESULT:
        if (said->value.size == 0)
            return "value";
        break;
    case CW_SAID_KIND_UNKNOWN:
    case CW_SAID_KIND_COUNT:
        return "kind";
    case CW_SAID_KIND_ACKNOWLEDGE:
    case CW_SAID_KIND_RESOLVE:
    case CW_SAID_KIND_UNSILENCE:
    case CW_SAID_KIND_APPROVE:
    case CW_SAID_KIND_REJECT:
        break;
    }
    return said->target.size > 0 ? NULL : "target";
}

static void mix(struct command *command, struct cw_text text)
{
    command->hash = cw_hash_mix_text(command->hash, text);
}

static struct cw_text identity_of(struct command *command, int64_t kafka_at,
                                  struct cw_arena *arena)
{
    const struct cw_said *said = &command->said;
    mix(command, said->meta.tenant);
    mix(command, said->meta.domain);
    mix(command, said->by);
    mix(command, said->target);
    mix(command, said->value);
    mix(command, said->reason);
    for (size_t i = 0; i < said->matchers_count; i++) {
        mix(command, said->matchers[i].label);
        mix(command, said->matchers[i].value);
    }
    for (size_t i = 0; i < said->parameters_count; i++) {
        mix(command, said->parameters[i].key);
        mix(command, said->parameters[i].value);
    }
    command->hash = cw_hash_mix(command->hash, (uint64_t)said->kind);
    command->hash = cw_hash_mix(command->hash, (uint64_t)said->expires_at);
    if (!command->particular)
        command->hash = cw_hash_mix(command->hash, (uint64_t)kafka_at);
    return cw_arena_print(arena, "%016llx", (unsigned long long)command->hash);
}

/* Whose it is: what it says itself, else what its topic or header said. */
static void read_owner(struct draft *draft, struct tree_value element,
                       struct cw_meta *meta)
{
    const struct draft_source *source = draft_source(draft);
    meta->tenant = text_of(element, "tenant", draft_arena(draft));
    meta->domain = text_of(element, "domain", draft_arena(draft));
    const bool own =
        meta->tenant.size > 0 && !cw_text_equal(meta->tenant, source->tenant);
    if (meta->tenant.size == 0)
        meta->tenant = source->tenant;
    if (meta->domain.size == 0)
        meta->domain = own ? meta->tenant : source->domain;
}

static bool read_times(struct draft *draft, struct tree_value element,
                       struct command *command)
{
    struct cw_arena *arena = draft_arena(draft);
    const enum instant_unit unit = draft_source(draft)->unit;
    const struct cw_text expires = text_of(element, "expires_at", arena);
    const struct cw_text at = text_of(element, "at", arena);
    const struct cw_text id = text_of(element, "id", arena);
    int64_t said_at = draft_kafka_at(draft);
    if (expires.size > 0 &&
        !instant_of_text(expires, unit, &command->said.expires_at))
        return false;
    if (at.size > 0 && !instant_of_text(at, unit, &said_at))
        return false;
    command->said.meta.event_at = said_at;
    command->particular = command->particular || at.size > 0 || id.size > 0;
    mix(command, id);
    mix(command, at);
    return true;
}

void read_command(struct draft *draft, struct tree_value element)
{
    struct cw_arena *arena = draft_arena(draft);
    struct command *command = cw_arena_take(arena, sizeof(*command));
    if (command == NULL) {
        draft_refuse(draft, CW_TOO_LARGE, "no room for a command");
        return;
    }
    struct cw_said *said = &command->said;
    said->kind = kind_of(text_of(element, "kind", arena));
    said->by = text_of(element, "by", arena);
    said->target = text_of(element, "target", arena);
    said->value = text_of(element, "value", arena);
    said->reason = text_of(element, "reason", arena);
    read_owner(draft, element, &said->meta);
    if (!read_parameters(command, tree_get(element, CW_TEXT("parameters")),
                         arena) ||
        !read_matchers(command, tree_get(element, CW_TEXT("matchers")),
                       arena) ||
        !read_times(draft, element, command)) {
        draft_refuse(draft, CW_BAD_RECORD,
                     "parameters, matchers or times cannot be read");
        return;
    }
    const char *lacking = lacks(said);
    if (lacking != NULL) {
        draft_refuse(draft, CW_BAD_RECORD, "command lacks %s", lacking);
        return;
    }
    said->said_id = identity_of(command, draft_kafka_at(draft), arena);
    draft_add_said(draft, said);
}
