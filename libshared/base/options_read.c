/* File and environment to settings, with every fault on the way. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/expand.h"
#include "base/hash.h"
#include "base/nearest.h"
#include "base/options_state.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "base/yaml.h"

#define ARENA_SIZE  ((size_t)16 * 1024 * 1024)
#define SHOWN_SIZE  60u /* bytes of a wrong value that a fault quotes */
#define FILE_SUFFIX "_file"

/* What one source, file or environment, says of an option. */
struct given {
    struct cw_found value;
    struct cw_found path; /* NAME_file, of a secret */
};

const char *cw_reader_keep(struct cw_options_reader *in, const char *text)
{
    const char *kept = cw_options_keep(in->options, text);
    if (kept == NULL)
        in->out_of_memory = true;
    return kept != NULL ? kept : "";
}

const char *cw_reader_secret(struct cw_options_reader *in, const char *name,
                             const struct cw_found *path)
{
    struct cw_secret secret = {NULL, 0};
    struct cw_error err;
    if (cw_secret_read(&secret, path->text, &err) != CW_OK) {
        cw_options_add_fault(in->options, "%s: %s" FILE_SUFFIX ": %s",
                             path->origin, name, err.text);
        return NULL;
    }
    const char *kept = cw_reader_keep(in, secret.bytes);
    cw_secret_fini(&secret);
    return kept;
}

void cw_options_variable(const char *name, char *out, size_t size)
{
    int at = snprintf(out, size, "CAUSEWAY_");
    for (; *name != '\0' && (size_t)at + 1 < size; name++, at++) {
        if (*name == '.' || *name == '-')
            out[at] = '_';
        else if (*name >= 'a' && *name <= 'z')
            out[at] = (char)(*name - 'a' + 'A');
        else
            out[at] = *name;
    }
    out[at] = '\0';
}

/* ---- the file: each entry finds its row -------------------------------- */

/* Row of the option, or of the secret whose file the key names. */
static size_t find_row(const struct cw_options *options, const char *key,
                       bool *is_path)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct cw_option *option = &options->table[i];
        const size_t size = strlen(option->name);
        if (strncmp(key, option->name, size) != 0)
            continue;
        *is_path = (option->flags & CW_OPT_SECRET) != 0 &&
                   strcmp(key + size, FILE_SUFFIX) == 0;
        if (*is_path || key[size] == '\0')
            return i;
    }
    return options->count;
}

/* "detector:" with nothing below it is no fault. */
static bool is_section(const struct cw_options *options, const char *key)
{
    const size_t size = strlen(key);
    for (size_t i = 0; i < options->count; i++)
        if (strncmp(options->table[i].name, key, size) == 0 &&
            options->table[i].name[size] == '.')
            return true;
    return strcmp(key, "kafka") == 0;
}

static void refuse_unknown(struct cw_options_reader *in, const char *key,
                           const char *origin)
{
    const char *best = NULL;
    for (size_t i = 0; i < in->options->count; i++)
        best = cw_nearer(key, best, in->options->table[i].name);
    if (best != NULL)
        cw_options_add_fault(in->options,
                             "%s: %s: unknown option; did you mean %s?", origin,
                             key, best);
    else
        cw_options_add_fault(in->options, "%s: %s: unknown option", origin,
                             key);
}

static void note(struct cw_options_reader *in, struct cw_found *place,
                 const char *key, struct cw_found found)
{
    if (place->text != NULL)
        cw_options_add_fault(in->options, "%s: %s: set twice, first at %s",
                             found.origin, key, place->origin);
    else
        *place = found;
}

static void take_entry(struct cw_options_reader *in, struct given *rows,
                       const struct cw_yaml_entry *entry)
{
    struct cw_error err;
    bool is_path = false;
    const size_t row = find_row(in->options, entry->key, &is_path);
    const bool for_kafka = strncmp(entry->key, "kafka.", 6) == 0;
    const struct cw_text origin =
        cw_arena_print(in->arena, "%s:%u", in->options->file, entry->line);
    struct cw_found found = {entry->value, origin.bytes};
    if (row == in->options->count && !for_kafka) {
        if (!entry->empty || !is_section(in->options, entry->key))
            refuse_unknown(in, entry->key, found.origin);
        return;
    }
    if (entry->empty) {
        cw_options_add_fault(in->options,
                             "%s: %s: has no value; \"\" is the empty one",
                             found.origin, entry->key);
        return;
    }
    if (cw_expand(entry->value, in->arena, &found.text, &err) != CW_OK) {
        cw_options_add_fault(in->options, "%s: %s: %s", found.origin,
                             entry->key, err.text);
        return;
    }
    if (row == in->options->count)
        cw_reader_add_extra(in, entry->key + 6, &found);
    else
        note(in, is_path ? &rows[row].path : &rows[row].value, entry->key,
             found);
}

/* The whole file in memory of its own: it may hold secrets, and is wiped. */
static bool read_bytes(struct cw_options *options, struct cw_secret *content)
{
    const size_t room = CW_YAML_SIZE_MAX + 1;
    const int file = open(options->file, O_RDONLY | O_CLOEXEC);
    content->bytes = malloc(room);
    content->size = 0;
    while (file >= 0 && content->bytes != NULL && content->size < room) {
        const ssize_t got =
            read(file, content->bytes + content->size, room - content->size);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR) {
            cw_options_add_fault(options, "%s: %s", options->file,
                                 strerror(errno));
            (void)close(file);
            return false;
        }
        content->size += got > 0 ? (size_t)got : 0;
    }
    if (file < 0)
        cw_options_add_fault(options, "%s: %s", options->file, strerror(errno));
    else
        (void)close(file);
    return file >= 0 && content->bytes != NULL;
}

static void read_file(struct cw_options_reader *in, struct given *rows)
{
    struct cw_secret content = {NULL, 0};
    const struct cw_yaml_entry *entries = NULL;
    size_t count = 0;
    struct cw_error err;
    if (read_bytes(in->options, &content)) {
        const struct cw_text text = {content.bytes, content.size};
        if (cw_yaml_read(text, in->arena, &entries, &count, &err) != CW_OK)
            cw_options_add_fault(in->options, "%s:%s", in->options->file,
                                 err.text);
    } else if (content.bytes == NULL) {
        in->out_of_memory = true;
    }
    for (size_t i = 0; i < count; i++)
        take_entry(in, rows, &entries[i]);
    cw_secret_fini(&content);
}

/* ---- each row: environment over file over default ---------------------- */

static void look_into_environment(struct cw_options_reader *in,
                                  const struct cw_option *option,
                                  struct given *given)
{
    char variable[CW_OPTIONS_NAME_SIZE];
    cw_options_variable(option->name, variable, sizeof(variable));
    given->value.text = getenv(variable);
    given->value.origin = cw_arena_print(in->arena, "env %s", variable).bytes;
    if ((option->flags & CW_OPT_SECRET) == 0)
        return;
    const struct cw_text path = cw_arena_print(in->arena, "%s_FILE", variable);
    given->path.text = getenv(path.bytes);
    given->path.origin = cw_arena_print(in->arena, "env %s", path.bytes).bytes;
}

/* The text of the option, from its secret file when it is given so; false
 * after a fault. */
static bool settle(struct cw_options_reader *in, const struct cw_option *option,
                   const struct given *given, struct cw_found *found,
                   const char **secret_file)
{
    if (given->value.text != NULL && given->path.text != NULL) {
        cw_options_add_fault(in->options,
                             "%s: %s: also given as %s" FILE_SUFFIX
                             " at %s; keep one",
                             given->value.origin, option->name, option->name,
                             given->path.origin);
        return false;
    }
    *found = given->value;
    if (given->path.text == NULL)
        return true;
    *secret_file = cw_reader_keep(in, given->path.text);
    *found = given->path;
    found->text = cw_reader_secret(in, option->name, &given->path);
    return found->text != NULL;
}

static void refuse_value(struct cw_options_reader *in,
                         const struct cw_option *option,
                         const struct cw_found *found, const char *why)
{
    if ((option->flags & CW_OPT_SECRET) != 0) {
        cw_options_add_fault(in->options, "%s: %s: %s", found->origin,
                             option->name, why);
        return;
    }
    const struct cw_text shown =
        cw_utf8_prefix(cw_text_of(found->text), SHOWN_SIZE);
    cw_options_add_fault(in->options, "%s: %s: \"%.*s\"%s %s", found->origin,
                         option->name, CW_TEXT_ARG(shown),
                         found->text[shown.size] != '\0' ? "..." : "", why);
}

/* Never 0 for a file that was read; false with errno set: it was not. */
static bool hash_file(const char *path, uint64_t *hash)
{
    char chunk[16384];
    size_t size = sizeof(chunk);
    FILE *file = fopen(path, "re");
    uint64_t mixed = 1;
    if (file == NULL)
        return false;
    while (size == sizeof(chunk)) {
        size = fread(chunk, 1, sizeof(chunk), file);
        mixed = cw_hash_mix_text(mixed, (struct cw_text){chunk, size});
    }
    const bool good = ferror(file) == 0;
    const int why = errno;
    (void)fclose(file);
    errno = why;
    *hash = mixed | 1;
    return good;
}

static void read_content(struct cw_options_reader *in,
                         const struct cw_option *option,
                         const struct cw_found *found,
                         struct cw_setting *setting)
{
    if ((option->flags & CW_OPT_CONTENT) != 0 && found->text[0] != '\0' &&
        !hash_file(found->text, &setting->content_hash))
        refuse_value(in, option, found, strerror(errno));
}

static void read_row(struct cw_options_reader *in,
                     const struct cw_option *option,
                     const struct given *of_file, struct cw_setting *setting)
{
    struct cw_error err;
    struct given given = {{NULL, NULL}, {NULL, NULL}};
    struct cw_found found = {NULL, NULL};
    look_into_environment(in, option, &given);
    if (given.value.text == NULL && given.path.text == NULL)
        given = *of_file;
    if (!settle(in, option, &given, &found, &setting->secret_file))
        return;
    const bool required = (option->flags & CW_OPT_REQUIRED) != 0;
    if (required && (found.text == NULL || found.text[0] == '\0')) {
        cw_options_add_fault(in->options, "%s: is required: %s", option->name,
                             option->meaning);
        return;
    }
    if (found.text == NULL)
        found = (struct cw_found){option->fallback ? option->fallback : "",
                                  "default"};
    if (!cw_utf8_valid(cw_text_of(found.text))) {
        refuse_value(in, option, &(struct cw_found){"", found.origin},
                     "is not UTF-8");
        return;
    }
    const char *text = cw_reader_keep(in, found.text);
    setting->origin = cw_reader_keep(in, found.origin);
    if (cw_option_parse(option, text, &setting->value, &err) != CW_OK)
        refuse_value(in, option, &found, err.text);
    else
        read_content(in, option, &found, setting);
}

static enum cw_status read_all(struct cw_options_reader *in,
                               struct cw_error *err)
{
    struct cw_options *options = in->options;
    struct given *rows =
        cw_arena_take(in->arena, (options->count + 1) * sizeof(*rows));
    if (rows == NULL)
        return cw_fail(err, CW_NO_MEMORY, "options");
    if (options->file != NULL)
        read_file(in, rows);
    cw_reader_add_variables(in);
    for (size_t i = 0; i < options->count; i++)
        read_row(in, &options->table[i], &rows[i], &in->reading->settings[i]);
    return in->out_of_memory ? cw_fail(err, CW_NO_MEMORY, "options") : CW_OK;
}

enum cw_status cw_options_read(struct cw_options *options,
                               struct cw_reading *reading, struct cw_error *err)
{
    struct cw_options_reader in = {.options = options, .reading = reading};
    enum cw_status status = cw_arena_create(&in.arena, ARENA_SIZE, err);
    if (status == CW_OK)
        status = read_all(&in, err);
    cw_arena_destroy(&in.arena);
    return status;
}
