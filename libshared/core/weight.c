#include "core/weight.h"

enum cw_weight cw_weight_of(const struct cw_member *member)
{
    if (cw_text_is(member->kind, "new_pattern"))
        return CW_WEIGHT_NONE;
    if (cw_text_is(member->kind, "alert"))
        return CW_WEIGHT_TELLING;
    return member->family == CW_FAMILY_OTHER ||
                   member->family == CW_FAMILY_OCCUPANCY
               ? CW_WEIGHT_CONTEXT
               : CW_WEIGHT_TELLING;
}

bool cw_weight_holds(enum cw_weight weight, bool telling)
{
    return weight == CW_WEIGHT_TELLING ||
           (weight == CW_WEIGHT_CONTEXT && !telling);
}
