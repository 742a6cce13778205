#include "correlate/people.h"

#include "base/utf8.h"

#define REASON_SIZE 120u

bool corr_people_concerns(const struct cw_said *said)
{
    return said->kind == CW_SAID_KIND_ACKNOWLEDGE ||
           said->kind == CW_SAID_KIND_RESOLVE ||
           said->kind == CW_SAID_KIND_SILENCE ||
           said->kind == CW_SAID_KIND_UNSILENCE;
}

static enum cw_status silence(const struct corr_turn *turn,
                              const struct cw_said *said, struct cw_error *err)
{
    const struct corr_silence *made = NULL;
    const enum cw_status status = corr_silences_add(
        &turn->domain->silences, said, turn->now_at, &made, err);
    if (status != CW_OK)
        return status;
    return corr_agenda_set(turn->agenda,
                           &(struct corr_due){made->expires_at,
                                              turn->domain->index,
                                              CORR_DUE_SILENCE, made->id},
                           err);
}

static enum cw_status unsilence(const struct corr_turn *turn, uint64_t id,
                                struct cw_error *err)
{
    if (!corr_silences_remove(&turn->domain->silences, id))
        return CW_OK;
    corr_agenda_clear(turn->agenda, turn->domain->index, CORR_DUE_SILENCE, id);
    return corr_enter_unsilenced(turn, err);
}

enum cw_status corr_people_expire(const struct corr_turn *turn,
                                  uint64_t silence_id, struct cw_error *err)
{
    return unsilence(turn, silence_id, err);
}

static enum cw_status resolve(const struct corr_turn *turn,
                              struct corr_incident *incident,
                              const struct cw_said *said, struct cw_error *err)
{
    const struct cw_text reason = cw_utf8_prefix(said->reason, REASON_SIZE);
    const struct cw_text why = cw_arena_print(
        turn->arena, "resolved by %.*s%s%.*s", CW_TEXT_ARG(said->by),
        reason.size > 0 ? ": " : "", CW_TEXT_ARG(reason));
    return corr_life_resolve(turn, incident, said->by, why, err);
}

static enum cw_status obey(const struct corr_turn *turn,
                           const struct cw_said *said, struct cw_error *err)
{
    if (said->kind == CW_SAID_KIND_SILENCE)
        return silence(turn, said, err);
    if (said->kind == CW_SAID_KIND_UNSILENCE)
        return unsilence(turn, corr_silence_id(said->target), err);
    struct corr_incident *incident =
        corr_domain_named(turn->domain, said->target);
    if (incident == NULL)
        return CW_OK;
    if (said->kind == CW_SAID_KIND_ACKNOWLEDGE)
        return corr_life_acknowledge(turn, incident, said->by, err);
    return resolve(turn, incident, said, err);
}

enum cw_status corr_people_say(const struct corr_turn *turn,
                               const struct cw_said *said, struct cw_error *err)
{
    if (said->said_id.size == 0 || said->by.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "said by nobody, or without id");
    const uint64_t said_id = corr_silence_id(said->said_id);
    if (corr_domain_was_said(turn->domain, said_id))
        return CW_OK;
    const enum cw_status status = obey(turn, said, err);
    if (status == CW_OK)
        corr_domain_said(turn->domain, said_id);
    return status;
}
