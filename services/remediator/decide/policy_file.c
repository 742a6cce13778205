#include "policy_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "base/option_value.h"

/* A document being read, and where its faults go. */
struct reader {
    struct remedy_policies *to;
    yaml_document_t *document;
};

#define ROW(name, type, field, fallback, min, max)                             \
    {                                                                          \
        name, type, offsetof(struct remedy_policy, field), fallback, min, max, \
            "", 0, ""                                                          \
    }
#define HOUR_US 3600e6

static const struct cw_option match_rows[] = {
    ROW("action", CW_OPT_TEXT, action, "", 0, 0),
    ROW("kind", CW_OPT_TEXT, kind, "", 0, 0),
    ROW("entity", CW_OPT_TEXT, entity, "", 0, 0),
    ROW("change", CW_OPT_TEXT, change, "", 0, 0),
    ROW("min_confidence", CW_OPT_DOUBLE, min_confidence, "0.5", 0, 1),
};

static const struct cw_option policy_rows[] = {
    ROW("name", CW_OPT_TEXT, name, "", 0, 0),
    ROW("level", CW_OPT_INT, level, "1", 0, 3),
    ROW("dry_run", CW_OPT_BOOL, dry_run, "false", 0, 0),
    ROW("timeout", CW_OPT_DURATION, timeout_us, "60s", 1e6, HOUR_US),
    ROW("auto_confidence", CW_OPT_DOUBLE, auto_confidence, "0.9", 0, 1),
    ROW("approvers", CW_OPT_INT, approvers, "1", 1, 2),
    ROW("approval_expiry", CW_OPT_DURATION, approval_us, "30m", 1e6,
        24 * HOUR_US),
    ROW("veto", CW_OPT_DURATION, veto_us, "2m", 1e6, HOUR_US),
    ROW("cooldown", CW_OPT_DURATION, cooldown_us, "15m", 1e6, 24 * HOUR_US),
    ROW("verify_within", CW_OPT_DURATION, verify_us, "5m", 1e6, 24 * HOUR_US),
    ROW("max_attempts", CW_OPT_INT, max_attempts, "2", 1, 10),
};

static const struct cw_option cap_rows[] = {
    ROW("target", CW_OPT_INT, cap_target, "2", 1, 1000),
    ROW("policy", CW_OPT_INT, cap_policy, "5", 1, 1000),
    ROW("window", CW_OPT_DURATION, cap_window_us, "1h", 1e6, 24 * HOUR_US),
};

#define TOP(name, type, field, fallback, min, max)                             \
    {                                                                          \
        name, type, offsetof(struct remedy_caps, field), fallback, min, max,   \
            "", 0, ""                                                          \
    }

static const struct cw_option top_cap_rows[] = {
    TOP("domain", CW_OPT_INT, domain, "10", 1, 1000),
    TOP("window", CW_OPT_DURATION, window_us, "1h", 1e6, 24 * HOUR_US),
    TOP("running", CW_OPT_INT, running, "1", 1, 100),
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Keys of a mapping: scalars by rows, and parts read by functions. */
typedef void read_part(const struct reader *reader, yaml_node_t *node,
                       struct remedy_policy *policy);

struct part {
    const char *key;
    read_part *read;
};

struct shape {
    const char *what; /* for messages */
    const struct cw_option *rows;
    size_t row_count;
    const struct part *parts;
    size_t part_count;
};

void remedy_fault(struct remedy_policies *to, size_t line, const char *format,
                  ...)
{
    char text[200];
    va_list list;

    if (to->fault_count == REMEDY_FAULT_MAX)
        return;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    const struct cw_text made =
        cw_arena_print(to->arena, "%s:%zu: %s", to->file, line, text);
    to->faults[to->fault_count++] =
        made.size > 0 ? made.bytes : "a fault that found no memory";
}

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

/* Terminated text of a scalar; NULL and a fault for anything else. */
static const char *scalar_of(const struct reader *reader,
                             const yaml_node_t *node, const char *what)
{
    if (node->type != YAML_SCALAR_NODE) {
        remedy_fault(reader->to, line_of(node), "%s: one value is wanted",
                     what);
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length ||
        node->data.scalar.length > 1024) {
        remedy_fault(reader->to, line_of(node),
                     "%s: no NUL and at most 1024 bytes", what);
        return NULL;
    }
    return text;
}

static void apply_defaults(const struct cw_option *rows, size_t count,
                           void *target)
{
    for (size_t i = 0; i < count; i++) {
        union cw_option_value value;
        struct cw_error err;
        if (cw_option_parse(&rows[i], rows[i].fallback, &value, &err) == CW_OK)
            cw_option_store(&rows[i], &value, target);
    }
}

static void read_row(const struct reader *reader, const struct cw_option *row,
                     const yaml_node_t *node, void *target)
{
    const char *text = scalar_of(reader, node, row->name);
    union cw_option_value value;
    struct cw_error err;

    if (text == NULL)
        return;
    const struct cw_text kept = cw_arena_print(reader->to->arena, "%s", text);
    if (kept.size == 0) { /* empty, or no memory: never a value */
        remedy_fault(reader->to, line_of(node), "%s: is empty", row->name);
        return;
    }
    if (cw_option_parse(row, kept.bytes, &value, &err) != CW_OK)
        remedy_fault(reader->to, line_of(node), "%s: %s", row->name, err.text);
    else
        cw_option_store(row, &value, target);
}

static bool read_key(const struct reader *reader, const struct shape *shape,
                     const char *key, yaml_node_t *node, void *target)
{
    for (size_t i = 0; i < shape->row_count; i++)
        if (strcmp(shape->rows[i].name, key) == 0) {
            read_row(reader, &shape->rows[i], node, target);
            return true;
        }
    for (size_t i = 0; i < shape->part_count; i++)
        if (strcmp(shape->parts[i].key, key) == 0) {
            shape->parts[i].read(reader, node, target);
            return true;
        }
    return false;
}

static bool repeated(const struct reader *reader, yaml_node_pair_t *first,
                     yaml_node_pair_t *pair, const char *key)
{
    for (; first < pair; first++) {
        const yaml_node_t *other =
            yaml_document_get_node(reader->document, first->key);
        if (other->type == YAML_SCALAR_NODE &&
            strcmp((const char *)other->data.scalar.value, key) == 0)
            return true;
    }
    return false;
}

static void read_mapping(const struct reader *reader, yaml_node_t *node,
                         const struct shape *shape, void *target)
{
    if (node->type != YAML_MAPPING_NODE) {
        remedy_fault(reader->to, line_of(node), "%s: keys are wanted",
                     shape->what);
        return;
    }
    yaml_node_pair_t *first = node->data.mapping.pairs.start;
    for (yaml_node_pair_t *pair = first; pair < node->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *name =
            yaml_document_get_node(reader->document, pair->key);
        const char *key = scalar_of(reader, name, shape->what);
        if (key == NULL)
            continue;
        if (repeated(reader, first, pair, key))
            remedy_fault(reader->to, line_of(name), "%s: %.64s stands twice",
                         shape->what, key);
        else if (!read_key(
                     reader, shape, key,
                     yaml_document_get_node(reader->document, pair->value),
                     target))
            remedy_fault(reader->to, line_of(name), "%s: unknown key %.64s",
                         shape->what, key);
    }
}

static void read_match(const struct reader *reader, yaml_node_t *node,
                       struct remedy_policy *policy)
{
    const struct shape shape = {"match", match_rows, COUNT(match_rows), NULL,
                                0};

    read_mapping(reader, node, &shape, policy);
}

static void read_caps(const struct reader *reader, yaml_node_t *node,
                      struct remedy_policy *policy)
{
    const struct shape shape = {"caps", cap_rows, COUNT(cap_rows), NULL, 0};

    read_mapping(reader, node, &shape, policy);
}

/* Every { begins one of the names a value exists for. */
static bool placeholders_known(const char *word)
{
    static const char *const known[] = {"{entity}", "{kind}",   "{incident}",
                                        "{tenant}", "{domain}", "{attempt}"};

    for (const char *at = strchr(word, '{'); at != NULL;
         at = strchr(at + 1, '{')) {
        bool found = false;
        for (size_t i = 0; i < COUNT(known); i++)
            found |= strncmp(at, known[i], strlen(known[i])) == 0;
        if (!found)
            return false;
    }
    return true;
}

static void check_word(const struct reader *reader, const yaml_node_t *node,
                       const char *word, bool first)
{
    if (first && (word[0] != '/' || strchr(word, '{') != NULL))
        remedy_fault(reader->to, line_of(node),
                     "command: begins with an absolute path of its own");
    if (!placeholders_known(word))
        remedy_fault(reader->to, line_of(node),
                     "command: unknown placeholder in %.64s", word);
}

static void read_words(const struct reader *reader, const yaml_node_t *node,
                       struct remedy_template *command)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        remedy_fault(reader->to, line_of(node),
                     "command: a list of words is wanted, no shell line");
        return;
    }
    const size_t count = (size_t)(node->data.sequence.items.top -
                                  node->data.sequence.items.start);
    const char **words =
        cw_arena_take(reader->to->arena, (count + 1) * sizeof(*words));
    if (count == 0 || count > REMEDY_ARGV_MAX || words == NULL) {
        remedy_fault(reader->to, line_of(node), "command: 1 to %u words",
                     REMEDY_ARGV_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = yaml_document_get_node(
            reader->document, node->data.sequence.items.start[i]);
        const char *word = scalar_of(reader, item, "command");
        if (word == NULL)
            return;
        check_word(reader, item, word, i == 0);
        words[i] = cw_arena_print(reader->to->arena, "%s", word).bytes;
        if (words[i] == NULL)
            words[i] = "";
    }
    *command = (struct remedy_template){words, count};
}

static void read_argv(const struct reader *reader, yaml_node_t *node,
                      struct remedy_policy *policy)
{
    read_words(reader, node, &policy->argv);
}

static void read_precheck(const struct reader *reader, yaml_node_t *node,
                          struct remedy_policy *policy)
{
    read_words(reader, node, &policy->precheck);
}

static void read_rollback(const struct reader *reader, yaml_node_t *node,
                          struct remedy_policy *policy)
{
    read_words(reader, node, &policy->rollback);
}

static bool name_fits(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t size = strlen(name);

    return size >= 1 && size <= 64 && strspn(name, letters) == size;
}

static void check_policy(const struct reader *reader, const yaml_node_t *node,
                         const struct remedy_policy *policy)
{
    if (!name_fits(policy->name))
        remedy_fault(reader->to, line_of(node),
                     "policy: a name of 1 to 64 of A-Z a-z 0-9 . _ -");
    if (policy->argv.count == 0)
        remedy_fault(reader->to, line_of(node), "policy %.64s: no argv",
                     policy->name);
    for (size_t i = 0; i < reader->to->count; i++)
        if (strcmp(reader->to->list[i].name, policy->name) == 0)
            remedy_fault(reader->to, line_of(node), "policy %.64s stands twice",
                         policy->name);
}

static void read_policy(const struct reader *reader, yaml_node_t *node)
{
    static const struct part parts[] = {
        {"match", read_match},       {"caps", read_caps},
        {"argv", read_argv},         {"precheck", read_precheck},
        {"rollback", read_rollback},
    };
    const struct shape shape = {"policy", policy_rows, COUNT(policy_rows),
                                parts, COUNT(parts)};
    struct remedy_policy *policy = &reader->to->list[reader->to->count];

    apply_defaults(match_rows, COUNT(match_rows), policy);
    apply_defaults(policy_rows, COUNT(policy_rows), policy);
    apply_defaults(cap_rows, COUNT(cap_rows), policy);
    read_mapping(reader, node, &shape, policy);
    check_policy(reader, node, policy);
    reader->to->count++;
}

static void read_policies(const struct reader *reader, yaml_node_t *node,
                          struct remedy_policy *unused)
{
    (void)unused;
    if (node->type != YAML_SEQUENCE_NODE) {
        remedy_fault(reader->to, line_of(node), "policies: a list is wanted");
        return;
    }
    const size_t count = (size_t)(node->data.sequence.items.top -
                                  node->data.sequence.items.start);
    reader->to->list = cw_arena_take(reader->to->arena,
                                     (count + 1) * sizeof(*reader->to->list));
    if (count > REMEDY_POLICY_MAX || reader->to->list == NULL) {
        remedy_fault(reader->to, line_of(node), "policies: at most %u",
                     REMEDY_POLICY_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++)
        read_policy(reader,
                    yaml_document_get_node(reader->document,
                                           node->data.sequence.items.start[i]));
}

static void read_top_caps(const struct reader *reader, yaml_node_t *node,
                          struct remedy_policy *unused)
{
    const struct shape shape = {"caps", top_cap_rows, COUNT(top_cap_rows), NULL,
                                0};

    (void)unused;
    read_mapping(reader, node, &shape, &reader->to->caps);
}

static void read_document(struct remedy_policies *to, yaml_document_t *document)
{
    static const struct part parts[] = {{"policies", read_policies},
                                        {"caps", read_top_caps}};
    const struct shape shape = {"file", NULL, 0, parts, COUNT(parts)};
    const struct reader reader = {to, document};
    yaml_node_t *root = yaml_document_get_root_node(document);

    if (root != NULL) /* an empty file: nothing is ever done */
        read_mapping(&reader, root, &shape, NULL);
}

/* Anchors make one node stand in two places: no line could be named. */
static bool has_alias(struct cw_text text, size_t *line)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool found = false, more = true;

    if (!yaml_parser_initialize(&parser))
        return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.bytes,
                                 text.size);
    while (more && !found && yaml_parser_parse(&parser, &event)) {
        found = event.type == YAML_ALIAS_EVENT;
        more = event.type != YAML_STREAM_END_EVENT;
        *line = event.start_mark.line + 1;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return found;
}

void remedy_policy_file_read(struct remedy_policies *to, struct cw_text text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    size_t line = 0;

    apply_defaults(top_cap_rows, COUNT(top_cap_rows), &to->caps);
    if (text.size > REMEDY_FILE_MAX) {
        remedy_fault(to, 1, "larger than 1 MiB");
        return;
    }
    if (has_alias(text, &line)) {
        remedy_fault(to, line, "aliases are not read here");
        return;
    }
    if (!yaml_parser_initialize(&parser)) {
        remedy_fault(to, 1, "no memory");
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.bytes,
                                 text.size);
    if (yaml_parser_load(&parser, &document)) {
        read_document(to, &document);
        yaml_document_delete(&document);
    } else {
        remedy_fault(to, parser.problem_mark.line + 1, "%s",
                     parser.problem != NULL ? parser.problem : "not YAML");
    }
    yaml_parser_delete(&parser);
}
