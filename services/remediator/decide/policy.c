#include "policy_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX ((size_t)16 << 20)

bool remedy_glob(const char *glob, struct cw_text text)
{
    const char *star = NULL; /* last *, to which a mismatch goes back */
    size_t at = 0, star_at = 0;

    while (at < text.size) {
        if (*glob == '*') {
            star = glob++;
            star_at = at;
        } else if (*glob == '?' || (*glob != '\0' && *glob == text.bytes[at])) {
            glob++;
            at++;
        } else if (star != NULL) {
            glob = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

enum cw_status remedy_policies_parse(struct remedy_policies **made,
                                     const char *file, struct cw_text text,
                                     struct cw_error *err)
{
    struct remedy_policies *policies = calloc(1, sizeof(*policies));

    *made = NULL;
    if (policies == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for policies");
    const enum cw_status status =
        cw_arena_create(&policies->arena, ARENA_MAX, err);
    if (status != CW_OK) {
        free(policies);
        return status;
    }
    policies->file = cw_arena_print(policies->arena, "%s", file).bytes;
    if (policies->file == NULL)
        policies->file = "policies";
    remedy_policy_file_read(policies, text);
    *made = policies;
    if (policies->fault_count == 0)
        return CW_OK;
    policies->count = 0;
    return cw_fail(err, CW_BAD_CONFIG, "%s", policies->faults[0]);
}

static enum cw_status read_all(const char *file, char *bytes, size_t room,
                               size_t *size, struct cw_error *err)
{
    FILE *stream = fopen(file, "rbe");

    if (stream == NULL)
        return cw_fail(err, CW_BAD_CONFIG, "%s: cannot be opened", file);
    *size = fread(bytes, 1, room, stream);
    const bool failed = ferror(stream) != 0;
    (void)fclose(stream);
    return failed ? cw_fail(err, CW_BAD_CONFIG, "%s: cannot be read", file)
                  : CW_OK;
}

enum cw_status remedy_policies_load(struct remedy_policies **made,
                                    const char *file, struct cw_error *err)
{
    const size_t room = REMEDY_FILE_MAX + 1; /* one more shows too large */
    char *bytes = malloc(room);
    size_t size = 0;

    *made = NULL;
    if (bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for policies");
    enum cw_status status = read_all(file, bytes, room, &size, err);
    if (status == CW_OK)
        status = remedy_policies_parse(made, file,
                                       (struct cw_text){bytes, size}, err);
    free(bytes);
    return status;
}

void remedy_policies_destroy(struct remedy_policies **policies)
{
    if (*policies == NULL)
        return;
    cw_arena_destroy(&(*policies)->arena);
    free(*policies);
    *policies = NULL;
}

size_t remedy_policies_fault_count(const struct remedy_policies *policies)
{
    return policies->fault_count;
}

const char *remedy_policies_fault(const struct remedy_policies *policies,
                                  size_t index)
{
    return policies->faults[index];
}

size_t remedy_policies_count(const struct remedy_policies *policies)
{
    return policies->count;
}

const struct remedy_policy *
remedy_policies_at(const struct remedy_policies *policies, size_t index)
{
    return &policies->list[index];
}

const struct remedy_caps *
remedy_policies_caps(const struct remedy_policies *policies)
{
    return &policies->caps;
}

static bool equal_or_any(const char *wanted, struct cw_text text)
{
    return wanted[0] == '\0' || cw_text_is(text, wanted);
}

static bool matches(const struct remedy_policy *policy,
                    const struct remedy_occasion *occasion)
{
    return equal_or_any(policy->action, occasion->action) &&
           equal_or_any(policy->kind, occasion->kind) &&
           equal_or_any(policy->change, occasion->change) &&
           (policy->entity[0] == '\0' ||
            remedy_glob(policy->entity, occasion->entity)) &&
           occasion->confidence >= policy->min_confidence;
}

const struct remedy_policy *
remedy_policies_match(const struct remedy_policies *policies,
                      const struct remedy_occasion *occasion)
{
    for (size_t i = 0; i < policies->count; i++)
        if (matches(&policies->list[i], occasion))
            return &policies->list[i];
    return NULL;
}

const struct remedy_policy *
remedy_policies_find(const struct remedy_policies *policies,
                     struct cw_text name)
{
    for (size_t i = 0; i < policies->count; i++)
        if (cw_text_is(name, policies->list[i].name))
            return &policies->list[i];
    return NULL;
}
