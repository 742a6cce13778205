#include "command.h"

#include <openssl/evp.h>

#include "base/pack.h"

#define VALUE_MAX 128u
#define WORD_MAX  4096u
#define HASH_SIZE 32

bool remedy_value_is_safe(struct cw_text value)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@/-";

    if (value.size < 1 || value.size > VALUE_MAX || value.bytes[0] == '-')
        return false;
    for (size_t i = 0; i < value.size; i++) {
        if (value.bytes[i] == '\0' || strchr(letters, value.bytes[i]) == NULL)
            return false;
        if (i > 0 && value.bytes[i] == '.' && value.bytes[i - 1] == '.')
            return false;
    }
    return true;
}

struct value {
    const char *placeholder;
    struct cw_text text;
};

#define VALUE_COUNT 6

static const struct value *value_at(const struct value *values,
                                    const char *word)
{
    for (size_t i = 0; i < VALUE_COUNT; i++)
        if (strncmp(word, values[i].placeholder,
                    strlen(values[i].placeholder)) == 0)
            return &values[i];
    return NULL;
}

/* One word with its values put in. */
static enum cw_status fill_word(struct cw_text *made, const char *word,
                                const struct value *values,
                                struct cw_arena *arena, struct cw_error *err)
{
    char room[WORD_MAX];
    size_t size = 0;

    while (*word != '\0') {
        const struct value *value =
            *word == '{' ? value_at(values, word) : NULL;
        const struct cw_text part =
            value != NULL ? value->text : (struct cw_text){word, 1};
        if (value != NULL && !remedy_value_is_safe(part))
            return cw_fail(err, CW_NOT_FOUND,
                           "the value of %s may not stand in a command",
                           value->placeholder);
        if (part.size >= sizeof(room) - size)
            return cw_fail(err, CW_NOT_FOUND, "a word over %u bytes", WORD_MAX);
        memcpy(room + size, part.bytes, part.size);
        size += part.size;
        word += value != NULL ? strlen(value->placeholder) : 1;
    }
    *made = cw_arena_text(arena, (struct cw_text){room, size});
    return size > 0 && made->bytes == NULL
               ? cw_fail(err, CW_NO_MEMORY, "no memory for a command")
               : CW_OK;
}

struct words {
    const struct cw_text *list;
    size_t count;
};

static enum cw_status fill_words(struct words *made,
                                 const struct remedy_template *from,
                                 const struct value *values,
                                 struct cw_arena *arena, struct cw_error *err)
{
    struct cw_text *list =
        cw_arena_take(arena, (from->count + 1) * sizeof(*list));

    if (list == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for a command");
    for (size_t i = 0; i < from->count; i++) {
        const enum cw_status status =
            fill_word(&list[i], from->words[i], values, arena, err);
        if (status != CW_OK)
            return status;
    }
    *made = (struct words){list, from->count};
    return CW_OK;
}

static void pack_words(struct cw_pack *out, const struct cw_text *list,
                       size_t count)
{
    cw_pack_u32(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        cw_pack_text(out, list[i]);
}

/* Everything a person agrees to: another word anywhere, another hash. */
static void pack_action(struct cw_pack *out, const struct cw_action *action)
{
    cw_pack_text(out, action->meta.tenant);
    cw_pack_text(out, action->action_id);
    cw_pack_text(out, action->incident_id);
    cw_pack_text(out, action->policy);
    cw_pack_text(out, action->action);
    cw_pack_text(out, action->target.kind);
    cw_pack_text(out, action->target.name);
    cw_pack_bool(out, action->dry_run);
    cw_pack_i64(out, action->timeout_us);
    pack_words(out, action->argv, action->argv_count);
    pack_words(out, action->precheck_argv, action->precheck_argv_count);
    pack_words(out, action->rollback_argv, action->rollback_argv_count);
}

static enum cw_status hash_action(struct cw_action *action,
                                  struct cw_arena *arena, struct cw_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    char hex[2 * HASH_SIZE];
    unsigned size = 0;
    struct cw_pack bytes;

    cw_pack_init(&bytes, (size_t)1 << 20);
    pack_action(&bytes, action);
    const bool done =
        !bytes.failed && EVP_Digest(bytes.bytes, bytes.size, hash, &size,
                                    EVP_sha256(), NULL) == 1;
    cw_pack_fini(&bytes);
    if (!done || size != HASH_SIZE)
        return cw_fail(err, CW_BROKEN, "an action cannot be hashed");
    for (size_t i = 0; i < HASH_SIZE; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    action->action_hash =
        cw_arena_text(arena, (struct cw_text){hex, sizeof(hex)});
    return action->action_hash.bytes != NULL
               ? CW_OK
               : cw_fail(err, CW_NO_MEMORY, "no memory for a hash");
}

enum cw_status remedy_command_fill(struct cw_action *action,
                                   const struct remedy_policy *policy,
                                   struct cw_arena *arena, struct cw_error *err)
{
    const struct value values[VALUE_COUNT] = {
        {"{entity}", action->target.name},
        {"{kind}", action->target.kind},
        {"{incident}", action->incident_id},
        {"{tenant}", action->meta.tenant},
        {"{domain}", action->meta.domain},
        {"{attempt}", cw_arena_print(arena, "%d", action->attempt)},
    };
    struct words argv = {0}, precheck = {0}, rollback = {0};
    enum cw_status status =
        fill_words(&argv, &policy->argv, values, arena, err);

    if (status == CW_OK)
        status = fill_words(&precheck, &policy->precheck, values, arena, err);
    if (status == CW_OK)
        status = fill_words(&rollback, &policy->rollback, values, arena, err);
    if (status != CW_OK)
        return status;
    action->argv = argv.list;
    action->argv_count = argv.count;
    action->precheck_argv = precheck.list;
    action->precheck_argv_count = precheck.count;
    action->rollback_argv = rollback.list;
    action->rollback_argv_count = rollback.count;
    return hash_action(action, arena, err);
}
