#include "canonical_lines.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "record/records.h"

struct canonical_lines {
    struct cw_canonical_fold *fold;
    int64_t until_at;
};

enum cw_status canonical_lines_create(struct canonical_lines **made,
                                      struct cw_error *err)
{
    struct canonical_lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL)
        return cw_fail(err, CW_NO_MEMORY, "canonical lines");
    lines->until_at = INT64_MAX;
    const enum cw_status status =
        cw_canonical_fold_create(&lines->fold, CANONICAL_MAX, err);
    if (status != CW_OK)
        canonical_lines_destroy(&lines);
    else
        *made = lines;
    return status;
}

void canonical_lines_destroy(struct canonical_lines **lines)
{
    if (*lines == NULL)
        return;
    cw_canonical_fold_destroy(&(*lines)->fold);
    free(*lines);
    *lines = NULL;
}

void canonical_lines_until(struct canonical_lines *lines, int64_t until_at)
{
    lines->until_at = until_at;
}

/* Every message begins with its Meta; an item of a batch says it itself. */
static int64_t stream_time(const struct cw_record_type *type,
                           const void *record)
{
    if (type->topic != NULL)
        return ((const struct cw_meta *)record)->stream_at;
    if (type == &cw_event_type)
        return ((const struct cw_event *)record)->stream_at;
    if (type == &cw_metric_run_type)
        return ((const struct cw_metric_run *)record)->stream_at;
    if (type == &cw_log_type)
        return ((const struct cw_log *)record)->stream_at;
    return type == &cw_span_type ? ((const struct cw_span *)record)->stream_at
                                 : INT64_MIN;
}

enum cw_status canonical_lines_take(struct canonical_lines *lines,
                                    const struct cw_record_type *type,
                                    const void *record, struct cw_error *err)
{
    if (stream_time(type, record) > lines->until_at)
        return CW_OK;
    return cw_canonical_fold_put(lines->fold, type, record, err);
}

static void print_end(FILE *out, const unsigned char *digest, unsigned size,
                      size_t count)
{
    (void)fputs("{\"sha256\":\"", out);
    for (unsigned i = 0; i < size; i++)
        (void)fprintf(out, "%02x", digest[i]);
    (void)fprintf(out, "\",\"count\":%zu}\n", count);
}

enum cw_status canonical_lines_print(struct canonical_lines *lines, FILE *out,
                                     struct cw_error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const size_t count = cw_canonical_fold_end(lines->fold);
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    bool good = sum != NULL && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; i < count && good; i++) {
        const struct cw_text line = cw_canonical_fold_line(lines->fold, i);
        good = EVP_DigestUpdate(sum, line.bytes, line.size) == 1 &&
               EVP_DigestUpdate(sum, "\n", 1) == 1;
        (void)fwrite(line.bytes, 1, line.size, out);
        (void)fputc('\n', out);
    }
    good = good && EVP_DigestFinal_ex(sum, digest, &size) == 1;
    EVP_MD_CTX_free(sum);
    if (!good)
        return cw_fail(err, CW_BROKEN, "sha256 refused");
    print_end(out, digest, size, count);
    return CW_OK;
}
