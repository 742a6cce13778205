#include "superseded.h"

#include "record/records.h"

#define LOOK_AHEAD 256 /* an incident speaks often or not at all */

/* The records that are long and said again and again, each the whole of it. */
static bool name_of(const struct recorder_row *row, const struct cw_meta **meta,
                    struct cw_text *id)
{
    if (row->record == NULL)
        return false; /* nobody here can read it */
    if (row->topic == CW_TOPIC_INCIDENTS) {
        const struct cw_incident *incident = row->record;
        *meta = &incident->meta;
        *id = incident->incident_id;
        return true;
    }
    if (row->topic == CW_TOPIC_CAUSES) {
        const struct cw_cause *cause = row->record;
        *meta = &cause->meta;
        *id = cause->incident_id;
        return true;
    }
    return false;
}

static bool supersedes(const struct recorder_row *later,
                       const struct recorder_row *row)
{
    const struct cw_meta *a = NULL;
    const struct cw_meta *b = NULL;
    struct cw_text a_id;
    struct cw_text b_id;
    if (later->topic != row->topic || !name_of(later, &a, &a_id) ||
        !name_of(row, &b, &b_id))
        return false;
    return cw_text_equal(a_id, b_id) && cw_text_equal(a->tenant, b->tenant) &&
           a->stream_at > b->stream_at;
}

bool recorder_is_superseded(const struct recorder_batch *batch, size_t at)
{
    const size_t end =
        batch->row_count - at > LOOK_AHEAD ? at + LOOK_AHEAD : batch->row_count;
    const struct cw_meta *meta;
    struct cw_text id;
    if (!name_of(&batch->rows[at], &meta, &id))
        return false;
    for (size_t i = at + 1; i < end; i++)
        if (supersedes(&batch->rows[i], &batch->rows[at]))
            return true;
    return false;
}
