#include "correlate/ledger.h"

enum cw_status corr_ledger_put(const struct corr_turn *turn,
                               const struct cw_member *member,
                               enum cw_fate fate,
                               const struct corr_incident *incident,
                               struct cw_text reason, struct cw_error *err)
{
    struct corr_domain *domain = turn->domain;
    const bool same_instant = domain->ledger_at == turn->now_at;
    domain->ledger_number = same_instant ? domain->ledger_number + 1 : 0;
    domain->ledger_at = turn->now_at;
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
    /* Two repeats of one alert in one instant say the same: the number keeps
     * them two entries for whoever stores them by content. */
    entry.meta.idempotency_key = cw_arena_print(
        turn->arena, "%.*s/%lld/%u", CW_TEXT_ARG(member->member_id),
        (long long)turn->now_at, domain->ledger_number);
    return cw_emit_put(turn->emit, CW_TOPIC_LEDGER, domain->route,
                       (struct cw_text){"", 0}, &entry, err);
}
