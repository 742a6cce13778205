#include "stream/pace.h"

void cw_pace_committed(struct cw_pace *pace, int64_t began_us, int64_t ended_us)
{
    const int64_t took_us = ended_us - began_us;
    pace->due_us = began_us + pace->every_us;
    pace->busy_due_us =
        ended_us +
        (took_us < CW_PACE_WORK_MAX_US ? took_us : CW_PACE_WORK_MAX_US);
}

bool cw_pace_is_due(const struct cw_pace *pace, int64_t now_us, bool busy)
{
    return now_us >= pace->due_us && (!busy || now_us >= pace->busy_due_us);
}
