#include "format.h"

static const struct format_spec specs[] = {[FORMAT_AUTO] = {"auto", NULL, NULL},
#define FORMAT_SPEC(id, name, bytes, element)                                  \
    [FORMAT_##id] = {name, bytes, element},
                                           FORMAT_TABLE(FORMAT_SPEC)
#undef FORMAT_SPEC
};

const struct format_spec *format_spec(enum format format)
{
    return &specs[(size_t)format < FORMAT_COUNT ? format : FORMAT_AUTO];
}

enum format format_find(struct cw_text name)
{
    for (unsigned id = 0; id < FORMAT_COUNT; id++)
        if (cw_text_is(name, specs[id].name))
            return (enum format)id;
    return FORMAT_COUNT;
}
