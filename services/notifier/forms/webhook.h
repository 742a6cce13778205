/*
 * webhook - a notice as JSON for machines.
 *
 * Place    story -> [webhook] -> deliver
 * Output   our own form, or the body Alertmanager's webhook sends (version 4),
 *          so receivers written for it work unchanged
 * Limits   100 entities, 5 candidates; texts cut at 1,000 characters
 * Threads  pure
 * Source   Prometheus Alertmanager, Configuration, webhook_config
 */
#ifndef NOTIFIER_FORMS_WEBHOOK_H
#define NOTIFIER_FORMS_WEBHOOK_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "story.h"

/* Lends the body. Fields are only ever added to either form. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status notifier_webhook(const struct notifier_facts *facts,
                                            struct cw_arena *arena,
                                            struct cw_text *body,
                                            struct cw_error *err);
CW_MUST_USE enum cw_status
notifier_webhook_alertmanager(const struct notifier_facts *facts,
                              struct cw_text receiver, struct cw_arena *arena,
                              struct cw_text *body, struct cw_error *err);

/* The idempotency key of the notice at a target; lent by the arena. */
struct cw_text notifier_webhook_key(const struct cw_notice *notice,
                                    struct cw_text target,
                                    struct cw_arena *arena);

#endif
