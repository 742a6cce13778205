/*
 * template - the text people read for a pattern: values shown as <*>.
 *
 * Place    skeleton, line -> [template: outline] -> pattern state
 *          outline, items -> [template: render] -> patterns, anomalies
 * Input    an outline is the line with its items marked, so that it can be
 *          shown again when more of them have turned into values
 * Limits   TEMPLATE_OUTLINE_MAX and TEMPLATE_SIZE_MAX bytes; a longer line is
 *          cut after an item and ends in "..."
 * Threads  pure
 */
#ifndef LOGCLUSTER_TEMPLATE_H
#define LOGCLUSTER_TEMPLATE_H

#include "skeleton.h"

#define TEMPLATE_OUTLINE_MAX 480
#define TEMPLATE_SIZE_MAX    512

/* Writes the outline of line, from which skeleton was built; returns its
 * size. Control bytes of the line become spaces. */
size_t template_outline(const struct skeleton *skeleton, struct cw_text line,
                        char outline[TEMPLATE_OUTLINE_MAX]);

/* Writes the text of an outline whose items have these hashes (SKELETON_VALUE
 * = shown as <*>); returns its size. Neighbouring values are shown as one. */
size_t template_render(struct cw_text outline, const uint64_t *hashes,
                       size_t count, char text[TEMPLATE_SIZE_MAX]);

/* The bytes of constant `index` in an outline; empty when it is a value or was
 * cut off. Lent by outline. */
struct cw_text template_constant(struct cw_text outline, size_t index);

/* A line fit to be kept as an example: at most max bytes, cut at a byte that
 * begins a character, with mail addresses, card-like numbers and the values of
 * password-like keys taken out. The second net under the normalizer's
 * redaction. Returns its size. */
size_t template_example(struct cw_text line, char *text, size_t max);

#endif
