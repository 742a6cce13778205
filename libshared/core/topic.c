#include "core/topic.h"

static const struct cw_topic_spec specs[] = {
#define SPEC(id, name, form, record, by, cleanup, hours)                       \
    [CW_TOPIC_##id] = {name, CW_FORM_##form, CW_CLEAN_##cleanup, by, hours},
    CW_TOPIC_TABLE(SPEC)
#undef SPEC
};

const struct cw_topic_spec *cw_topic_spec(enum cw_topic topic)
{
    return &specs[topic];
}

enum cw_topic cw_topic_find(struct cw_text name)
{
    for (unsigned i = 0; i < CW_TOPIC_COUNT; i++)
        if (cw_text_is(name, specs[i].name))
            return (enum cw_topic)i;
    return CW_TOPIC_COUNT;
}
