#include "correlate/ledger.h"

enum cw_status corr_ledger_put(const struct corr_turn *turn,
                               const struct cw_member *member,
                               enum cw_fate fate,
                               const struct corr_incident *incident,
                               struct cw_text reason, struct cw_error *err)
{
    const struct corr_domain *domain = turn->domain;
    struct cw_ledger_entry entry = {
        .meta = cw_emit_meta(turn->emit, domain->tenant, domain->name,
                             member->started_at),
        .alert_id = member->member_id,
        .kind = member->kind,
        .entity = member->entity,
        .title = member->title,
        .fate = fate,
        .incident_id = cw_text_of(incident != NULL ? incident->id : ""),
        .reason = reason,
    };
    return cw_emit_put(turn->emit, CW_TOPIC_LEDGER, domain->route,
                       (struct cw_text){"", 0}, &entry, err);
}
