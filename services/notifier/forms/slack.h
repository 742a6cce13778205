/*
 * slack - a notice as the body of a Slack incoming webhook.
 *
 * Place    story -> [slack] -> deliver
 * Output   JSON: a fallback text and at most 5 blocks. Text from outside stands
 *          in plain_text only, with & < > escaped, so it can neither mention
 *          nor link; what is formatted is ours
 * Limits   at most 8,000 characters, 10 blocks, 3,000 a block, 150 the header
 * Threads  pure
 * Source   docs.slack.dev, Formatting message text; Block Kit
 */
#ifndef NOTIFIER_FORMS_SLACK_H
#define NOTIFIER_FORMS_SLACK_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "story.h"

/* Lends the body. CW_NO_MEMORY: arena or heap. */
CW_MUST_USE enum cw_status notifier_slack(const struct notifier_facts *facts,
                                          struct cw_arena *arena,
                                          struct cw_text *body,
                                          struct cw_error *err);

/* One message instead of count, of which the first few are given. */
CW_MUST_USE enum cw_status
notifier_slack_folded(const struct cw_notice *const *notices, size_t given,
                      size_t count, struct cw_arena *arena,
                      struct cw_text *body, struct cw_error *err);

#endif
