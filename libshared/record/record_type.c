#include "record/record_type.h"

const struct cw_record_type *cw_record_type_by_fingerprint(uint64_t fingerprint)
{
    for (size_t i = 0; i < cw_record_message_count; i++)
        if (cw_record_messages[i]->fingerprint == fingerprint)
            return cw_record_messages[i];
    return NULL;
}

const struct cw_record_type *cw_record_type_by_name(struct cw_text name)
{
    for (size_t i = 0; i < cw_record_message_count; i++)
        if (cw_text_is(name, cw_record_messages[i]->name))
            return cw_record_messages[i];
    return NULL;
}

const struct cw_record_history *cw_record_history_find(uint64_t fingerprint)
{
    for (size_t i = 0; i < cw_record_history_count; i++)
        if (cw_record_histories[i].fingerprint == fingerprint)
            return &cw_record_histories[i];
    return NULL;
}
