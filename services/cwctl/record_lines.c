#include "record_lines.h"

#include <errno.h>
#include <stdlib.h>

#define LINE_MAX_SIZE ((size_t)256 << 20)
#define HOW                                                                    \
    (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY |                      \
     JSON_REAL_PRECISION(17))

struct record_lines {
    FILE *out;
    struct cw_pack line;
};

enum cw_status record_lines_create(struct record_lines **made, FILE *out,
                                   struct cw_error *err)
{
    struct record_lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lines");
    lines->out = out;
    cw_pack_init(&lines->line, LINE_MAX_SIZE);
    *made = lines;
    return CW_OK;
}

void record_lines_destroy(struct record_lines **lines)
{
    if (*lines == NULL)
        return;
    cw_pack_fini(&(*lines)->line);
    free(*lines);
    *lines = NULL;
}

static int append(const char *bytes, size_t size, void *to)
{
    struct cw_pack *line = to;
    cw_pack_bytes(line, bytes, size);
    return line->failed ? -1 : 0;
}

static void append_text(struct cw_pack *line, const char *text)
{
    cw_pack_bytes(line, text, strlen(text));
}

enum cw_status record_lines_put(struct record_lines *lines, const char *topic,
                                const struct cw_record_type *type,
                                const void *record, struct cw_error *err)
{
    struct cw_pack *line = &lines->line;
    json_t *json = type->json(record, false);
    if (json == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%s as JSON", type->name);
    cw_pack_reset(line);
    append_text(line, "{\"topic\":\"");
    append_text(line, topic); /* names of topics need no escape */
    append_text(line, "\",\"record\":");
    const int dumped = json_dump_callback(json, append, line, HOW);
    json_decref(json);
    append_text(line, "}\n");
    if (dumped != 0 || line->failed)
        return cw_fail(err, CW_NO_MEMORY, "%s as JSON", type->name);
    if (fwrite(line->bytes, 1, line->size, lines->out) != line->size)
        return cw_fail(err, CW_BROKEN, "standard output: %s", strerror(errno));
    return CW_OK;
}
