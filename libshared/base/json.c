#include "base/json.h"

/* Deepest nesting, brackets in strings not counted. What is no JSON is
 * measured all the same; the parser refuses it later. */
static size_t depth_of(struct cw_text text)
{
    size_t depth = 0;
    size_t deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.bytes[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > deepest)
            deepest = depth;
    }
    return deepest;
}

enum cw_status cw_json_parse(json_t **made, struct cw_text text,
                             const struct cw_json_limits *limits,
                             struct cw_error *err)
{
    json_error_t fault;
    if (text.size > limits->size_max)
        return cw_fail(err, CW_TOO_LARGE, "JSON of %zu bytes, allowed are %zu",
                       text.size, limits->size_max);
    if (depth_of(text) > limits->depth_max)
        return cw_fail(err, CW_TOO_LARGE, "JSON nested deeper than %zu",
                       limits->depth_max);
    json_t *tree = json_loadb(text.size ? text.bytes : "", text.size,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL, &fault);
    if (tree == NULL)
        return cw_fail(err, CW_BAD_RECORD, "JSON %d:%d: %s", fault.line,
                       fault.column, fault.text);
    *made = tree;
    return CW_OK;
}

/* The member, when it is there and passes test. */
static enum cw_status find(const json_t *object, const char *key,
                           bool (*test)(const json_t *), const char *type,
                           json_t **found, struct cw_error *err)
{
    json_t *member = json_object_get(object, key);
    if (member == NULL || json_is_null(member))
        return cw_fail(err, CW_NOT_FOUND, "%s is missing", key);
    if (!test(member))
        return cw_fail(err, CW_BAD_RECORD, "%s is not %s", key, type);
    *found = member;
    return CW_OK;
}

static bool is_text(const json_t *value)
{
    return json_is_string(value);
}

static bool is_int(const json_t *value)
{
    return json_is_integer(value);
}

static bool is_real(const json_t *value)
{
    return json_is_number(value);
}

static bool is_bool(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_object(const json_t *value)
{
    return json_is_object(value);
}

static bool is_array(const json_t *value)
{
    return json_is_array(value);
}

enum cw_status cw_json_text(const json_t *object, const char *key,
                            struct cw_text *value, struct cw_error *err)
{
    json_t *found = NULL;
    const enum cw_status status =
        find(object, key, is_text, "a string", &found, err);
    if (status == CW_OK)
        *value = (struct cw_text){json_string_value(found),
                                  json_string_length(found)};
    return status;
}

enum cw_status cw_json_int(const json_t *object, const char *key,
                           int64_t *value, struct cw_error *err)
{
    json_t *found = NULL;
    const enum cw_status status =
        find(object, key, is_int, "a whole number", &found, err);
    if (status == CW_OK)
        *value = json_integer_value(found);
    return status;
}

enum cw_status cw_json_real(const json_t *object, const char *key,
                            double *value, struct cw_error *err)
{
    json_t *found = NULL;
    const enum cw_status status =
        find(object, key, is_real, "a number", &found, err);
    if (status == CW_OK)
        *value = json_number_value(found);
    return status;
}

enum cw_status cw_json_bool(const json_t *object, const char *key, bool *value,
                            struct cw_error *err)
{
    json_t *found = NULL;
    const enum cw_status status =
        find(object, key, is_bool, "true or false", &found, err);
    if (status == CW_OK)
        *value = json_is_true(found);
    return status;
}

enum cw_status cw_json_object(const json_t *object, const char *key,
                              json_t **value, struct cw_error *err)
{
    return find(object, key, is_object, "an object", value, err);
}

enum cw_status cw_json_array(const json_t *object, const char *key,
                             json_t **value, struct cw_error *err)
{
    return find(object, key, is_array, "an array", value, err);
}
