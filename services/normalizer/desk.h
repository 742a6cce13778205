/*
 * desk - a normalizer on a bench, for the tests of this folder only.
 *
 * Place    *_test.c: records in, decoded outputs to look at
 */
#ifndef NORMALIZER_DESK_H
#define NORMALIZER_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>

#include "core.h"
#include "core/drive.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define T0           INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */

struct desk {
    struct cw_drive *drive;
    int64_t offset;
};

static const struct normalizer_config plain_config = {0};

static inline struct desk open_with(const struct normalizer_config *config)
{
    struct cw_error err = {0};
    struct desk desk = {NULL, 0};
    assert_int_equal(
        cw_drive_create(&desk.drive, &normalizer_core_type, config, &err),
        CW_OK);
    return desk;
}

static inline void give(struct desk *desk, const struct cw_raw *raw)
{
    struct cw_error err = {0};
    const struct cw_item item = {.topic = CW_TOPIC_RAW,
                                 .stream_at = raw->timestamp_at,
                                 .event_at = raw->timestamp_at,
                                 .content_id = (uint64_t)raw->offset,
                                 .record = raw};
    const enum cw_status status = cw_drive_item(desk->drive, &item, &err);
    if (status != CW_OK)
        print_error("%s\n", err.text);
    assert_int_equal(status, CW_OK);
    assert_int_equal(
        cw_drive_advance(desk->drive, raw->timestamp_at + 100000, &err), CW_OK);
}

static inline void give_text(struct desk *desk, const char *topic,
                             const char *value)
{
    const struct cw_raw raw = {.topic = cw_text_of(topic),
                               .offset = desk->offset,
                               .timestamp_at = T0 + desk->offset * 1000000,
                               .has_value = true,
                               .value = cw_text_of(value)};
    desk->offset++;
    give(desk, &raw);
}

/* The only output of that topic; fails when there is none or another. */
static inline const void *only(const struct desk *desk, enum cw_topic topic)
{
    const void *found = NULL;
    for (size_t i = 0; i < cw_drive_output_count(desk->drive); i++) {
        const struct cw_drive_output *output = cw_drive_output(desk->drive, i);
        if (output->topic != topic)
            continue;
        assert_null(found);
        found = output->record;
    }
    assert_non_null(found);
    return found;
}

static inline size_t count_of(const struct desk *desk, enum cw_topic topic)
{
    size_t count = 0;
    for (size_t i = 0; i < cw_drive_output_count(desk->drive); i++)
        count += cw_drive_output(desk->drive, i)->topic == topic;
    return count;
}

static inline void assert_text(struct cw_text text, const char *want)
{
    if (!cw_text_is(text, want))
        print_error("'%.*s' is not '%s'\n", CW_TEXT_ARG(text),
                    want != NULL ? want : "nothing");
    assert_true(cw_text_is(text, want));
}

static inline const struct cw_dead_letter *letter_at(const struct desk *desk,
                                                     size_t nth)
{
    for (size_t i = 0; i < cw_drive_output_count(desk->drive); i++) {
        const struct cw_drive_output *output = cw_drive_output(desk->drive, i);
        if (output->topic == CW_TOPIC_DEADLETTER && nth-- == 0)
            return output->record;
    }
    return NULL;
}

#endif
