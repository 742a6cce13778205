#include "targets.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#include "base/secret.h"

#define ARENA_MAX ((size_t)1 << 20)
#define WORD_MAX  64

struct reading {
    struct notifier_targets *targets;
    bool insecure_http;
    size_t ordinal;           /* of the target being read, from 1 */
    struct cw_faults *faults; /* where all that is wrong goes; NULL: the first
                                 one ends the reading */
};

/* ---- words --------------------------------------------------------------- */

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Cuts the next word off *text; false: none is left. */
static bool next_word(struct cw_text *text, struct cw_text *word)
{
    while (text->size > 0 && is_space(text->bytes[0])) {
        text->bytes++;
        text->size--;
    }
    size_t size = 0;
    while (size < text->size && !is_space(text->bytes[size]))
        size++;
    *word = (struct cw_text){text->bytes, size};
    text->bytes += size;
    text->size -= size;
    return size > 0;
}

static bool cut(struct cw_text text, char at, struct cw_text *left,
                struct cw_text *right)
{
    const char *found =
        text.size > 0 ? memchr(text.bytes, at, text.size) : NULL;
    if (found == NULL)
        return false;
    const size_t size = (size_t)(found - text.bytes);
    *left = (struct cw_text){text.bytes, size};
    *right = (struct cw_text){found + 1, text.size - size - 1};
    return true;
}

static bool is_name(struct cw_text name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    for (size_t i = 0; i < name.size; i++)
        if (memchr(allowed, name.bytes[i], sizeof(allowed) - 1) == NULL)
            return false;
    return name.size > 0 && name.size <= WORD_MAX;
}

/* ---- attributes ---------------------------------------------------------- */

static enum cw_status read_form(struct cw_text word, enum notifier_form *form,
                                const char *name, struct cw_error *err)
{
    static const char *const words[] = {
        [NOTIFIER_FORM_WEBHOOK] = "webhook",
        [NOTIFIER_FORM_ALERTMANAGER] = "alertmanager",
        [NOTIFIER_FORM_SLACK] = "slack",
    };
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (cw_text_is(word, words[i])) {
            *form = (enum notifier_form)i;
            return CW_OK;
        }
    return cw_fail(err, CW_BAD_CONFIG,
                   "'%s': the form is webhook, alertmanager or "
                   "slack",
                   name);
}

static bool read_severity(struct cw_text word, enum cw_severity *severity)
{
    for (unsigned i = 0; i < CW_SEVERITY_COUNT; i++) {
        const char *known = cw_severity_name((enum cw_severity)i);
        if (strlen(known) == word.size &&
            strncasecmp(known, word.bytes, word.size) == 0) {
            *severity = (enum cw_severity)i;
            return true;
        }
    }
    return false;
}

static enum cw_status read_secret(struct notifier_targets *targets,
                                  struct notifier_target *target,
                                  const char *path, struct cw_error *err)
{
    struct cw_secret secret = {0};
    const enum cw_status status = cw_secret_read(&secret, path, err);
    if (status != CW_OK)
        return status;
    target->secret = cw_arena_print(targets->arena, "%s", secret.bytes).bytes;
    cw_secret_fini(&secret);
    return CW_OK;
}

static enum cw_status read_pair(struct notifier_targets *targets,
                                struct notifier_target *target,
                                struct cw_text key, struct cw_text value,
                                struct cw_error *err)
{
    const char *copy =
        cw_arena_print(targets->arena, "%.*s", CW_TEXT_ARG(value)).bytes;
    if (cw_text_is(key, "min") && read_severity(value, &target->min_severity))
        return CW_OK;
    if (cw_text_is(key, "doubt") && cw_text_is(value, "hold")) {
        target->doubt = NOTIFIER_HOLD;
        return CW_OK;
    }
    if (cw_text_is(key, "doubt") && cw_text_is(value, "resend")) {
        target->doubt = NOTIFIER_RESEND;
        return CW_OK;
    }
    if (cw_text_is(key, "tenant") && value.size > 0) {
        target->tenant = copy;
        return CW_OK;
    }
    if (cw_text_is(key, "domain") && value.size > 0) {
        target->domain = copy;
        return CW_OK;
    }
    if (cw_text_is(key, "secret-file"))
        return read_secret(targets, target, copy, err);
    return cw_fail(err, CW_BAD_CONFIG,
                   "'%s': %.*s=%.*s is none of min=SEVERITY, "
                   "doubt=hold|resend, tenant=T, domain=D, secret-file=PATH",
                   target->name, CW_TEXT_ARG(key), CW_TEXT_ARG(value));
}

/* A second URL in the line may hold a token: it is not repeated. */
static bool is_url(struct cw_text word)
{
    return memmem(word.bytes, word.size, "://", 3) != NULL;
}

static enum cw_status read_attribute(struct notifier_targets *targets,
                                     struct notifier_target *target,
                                     struct cw_text word, struct cw_error *err)
{
    struct cw_text key;
    struct cw_text value;
    if (is_url(word))
        return cw_fail(err, CW_BAD_CONFIG,
                       "'%s': a URL stands where a word is "
                       "expected",
                       target->name);
    if (cut(word, '=', &key, &value))
        return read_pair(targets, target, key, value, err);
    if (cw_text_is(word, "drills"))
        target->drills = true;
    else if (cw_text_is(word, "acknowledged"))
        target->acknowledged = true;
    else
        return cw_fail(err, CW_BAD_CONFIG, "'%s': unknown word '%.*s'",
                       target->name, CW_TEXT_ARG(word));
    return CW_OK;
}

/* ---- targets ------------------------------------------------------------- */

/* libcurl takes http:/host for one too; what hides URLs in texts does not. */
static bool is_whole(const char *url, const char *scheme)
{
    return strncmp(url + strlen(scheme), "://", 3) == 0;
}

static enum cw_status read_url(struct reading *reading, size_t index,
                               struct cw_error *err)
{
    struct notifier_targets *targets = reading->targets;
    const struct notifier_target *target = &targets->list[index];
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    enum cw_status status = CW_OK;
    CURLU *url = curl_url();
    if (url == NULL)
        return cw_fail(err, CW_NO_MEMORY, "url");
    if (curl_url_set(url, CURLUPART_URL, target->url, CURLU_DISALLOW_USER) !=
            CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        !is_whole(target->url, scheme) ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
            CURLUE_OK)
        status = cw_fail(err, CW_BAD_CONFIG,
                         "'%s': not a URL (and no name or "
                         "password may stand in it)",
                         target->name);
    else if (strcmp(scheme, "https") != 0 &&
             !(strcmp(scheme, "http") == 0 && reading->insecure_http))
        status = cw_fail(err, CW_BAD_CONFIG,
                         "'%s': https only; "
                         "notify.insecure-http allows http",
                         target->name);
    else
        targets->hosts[index] =
            cw_arena_print(targets->arena, "%s:%s", host, port).bytes;
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return status;
}

static enum cw_status begin_target(struct reading *reading, struct cw_text word,
                                   struct cw_error *err)
{
    struct notifier_targets *targets = reading->targets;
    struct notifier_target *target = &targets->list[targets->count];
    struct cw_text name;
    struct cw_text rest;
    struct cw_text form;
    struct cw_text url;
    if (!cut(word, '=', &name, &rest) || !is_name(name) ||
        !cut(rest, '+', &form, &url) || url.size == 0)
        return cw_fail(err, CW_BAD_CONFIG, "target %zu is not NAME=FORM+URL",
                       reading->ordinal);
    *target = (struct notifier_target){
        .name = cw_arena_print(targets->arena, "%.*s", CW_TEXT_ARG(name)).bytes,
        .url = cw_arena_print(targets->arena, "%.*s", CW_TEXT_ARG(url)).bytes,
    };
    for (size_t i = 0; i < targets->count; i++)
        if (strcmp(targets->list[i].name, target->name) == 0)
            return cw_fail(err, CW_BAD_CONFIG, "'%s' is there twice",
                           target->name);
    enum cw_status status = read_form(form, &target->form, target->name, err);
    if (status == CW_OK)
        status = read_url(reading, targets->count, err);
    return status;
}

/* With faults to fill, what is wrong is noted there, and one goes on. */
static enum cw_status noted(const struct reading *reading,
                            enum cw_status status, const struct cw_error *err)
{
    if (status == CW_OK || status == CW_NO_MEMORY || reading->faults == NULL)
        return status;
    cw_faults_add(reading->faults, "%s", err->text);
    return CW_OK;
}

static enum cw_status read_line(struct reading *reading, struct cw_text line,
                                struct cw_error *err)
{
    struct notifier_targets *targets = reading->targets;
    struct cw_text word;
    if (!next_word(&line, &word) || word.bytes[0] == '#')
        return CW_OK;
    if (targets->count == NOTIFIER_TARGETS_MAX)
        return cw_fail(err, CW_BAD_CONFIG, "more than %d",
                       NOTIFIER_TARGETS_MAX);
    reading->ordinal++;
    enum cw_status status = begin_target(reading, word, err);
    while (status == CW_OK && next_word(&line, &word)) {
        struct notifier_target *target = &targets->list[targets->count];
        status = read_attribute(targets, target, word, err);
        status = noted(reading, status, err);
    }
    if (status == CW_OK)
        targets->count++;
    return status;
}

static enum cw_status read_text(struct reading *reading, const char *text,
                                struct cw_error *err)
{
    struct notifier_targets *targets = reading->targets;
    *targets = (struct notifier_targets){0};
    enum cw_status status = cw_arena_create(&targets->arena, ARENA_MAX, err);
    while (status == CW_OK && *text != '\0') {
        const size_t size = strcspn(text, "\n;");
        status = read_line(reading, (struct cw_text){text, size}, err);
        status = noted(reading, status, err);
        text += size + (text[size] != '\0' ? 1 : 0);
    }
    /* An arena that is full lends empty texts. */
    if (status == CW_OK && cw_arena_left(targets->arena) < ARENA_MAX / 2)
        status = cw_fail(err, CW_BAD_CONFIG, "too long");
    return noted(reading, status, err);
}

enum cw_status notifier_targets_init(struct notifier_targets *targets,
                                     const char *text, bool insecure_http,
                                     struct cw_error *err)
{
    struct reading reading = {.targets = targets,
                              .insecure_http = insecure_http};
    const enum cw_status status = read_text(&reading, text, err);
    if (status != CW_OK)
        notifier_targets_fini(targets);
    return status;
}

void notifier_targets_check(const char *text, struct cw_faults *faults)
{
    struct notifier_targets targets;
    struct reading reading = {
        .targets = &targets,
        .insecure_http = cw_faults_truth(faults, "notify.insecure-http"),
        .faults = faults};
    struct cw_error err;
    if (read_text(&reading, text, &err) != CW_OK) /* no memory */
        cw_faults_add(faults, "%s", err.text);
    notifier_targets_fini(&targets);
}

void notifier_targets_fini(struct notifier_targets *targets)
{
    cw_arena_destroy(&targets->arena);
    *targets = (struct notifier_targets){0};
}
