#include "patterns.h"

#include <inttypes.h>

#include "csv.h"
#include "lines.h"
#include "logcluster/patterns.h"

static enum cw_status read_lines(struct patterns *patterns, struct lines *lines,
                                 struct cw_error *err)
{
    for (;;) {
        struct cw_text line;
        bool found;
        enum cw_status status = lines_next(lines, &line, &found, err);
        if (status != CW_OK || !found)
            return status;
        status = patterns_add(patterns, line, err);
        if (status != CW_OK)
            return status;
    }
}

static void print_lines(struct patterns *patterns, FILE *out)
{
    const size_t count = patterns_line_count(patterns);
    (void)fputs("line,pattern_id,template\n", out);
    for (size_t i = 0; i < count; i++) {
        const struct patterns_row row = patterns_row(patterns, i);
        (void)fprintf(out, "%zu,%016" PRIx64 ",", i + 1, row.pattern_id);
        csv_write(row.text, out);
        (void)fputc('\n', out);
    }
}

enum cw_status patterns_run(struct call *call, struct cw_error *err)
{
    struct patterns *patterns = NULL;
    struct lines *lines = NULL;
    enum cw_status status =
        patterns_create(&patterns, PATTERNS_MAX_DEFAULT, err);
    if (status == CW_OK)
        status = lines_open(&lines, call->word_count > 0 ? call->words[0] : "-",
                            false, err);
    if (status == CW_OK)
        status = read_lines(patterns, lines, err);
    if (status == CW_OK)
        print_lines(patterns, call->out);
    lines_close(&lines);
    patterns_destroy(&patterns);
    return status;
}
