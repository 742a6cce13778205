#include "audit_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct check {
    struct cw_audit *links;
    const struct audit_proof *proof;
    struct table *table;
    size_t anchor; /* the first not looked at */
    bool good;
};

/* Of one chain. */
struct finding {
    const char *state;
    struct cw_error why;
    bool good;
};

static int by_chain(const void *a, const void *b)
{
    const struct cw_audit *x = a;
    const struct cw_audit *y = b;
    const int order = cw_text_compare(x->chain, y->chain);
    if (order != 0)
        return order;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* ---- link by link ------------------------------------------------------- */

/* Where the chain stood before a link. */
static void before_link(const struct cw_audit *link,
                        struct cw_audit_chain *chain)
{
    cw_audit_chain_init(chain, link->chain);
    if (link->sequence <= 1)
        return;
    chain->sequence = link->sequence - 1;
    (void)snprintf(chain->previous, sizeof(chain->previous), "%.*s",
                   CW_TEXT_ARG(link->previous_mac));
}

static void after_link(const struct cw_audit *link,
                       struct cw_audit_chain *chain)
{
    chain->sequence = link->sequence;
    (void)snprintf(chain->previous, sizeof(chain->previous), "%.*s",
                   CW_TEXT_ARG(link->mac));
}

static const struct cw_audit_key *key_of(const struct audit_proof *proof,
                                         const struct cw_audit *link)
{
    static const struct cw_audit_key none = {{"", 0}, {"", 0}};
    for (size_t i = 0; i < proof->key_count; i++)
        if (cw_text_equal(proof->keys[i].id, link->key_id))
            return &proof->keys[i];
    if (proof->key_count == 0)
        return &none;
    return proof->key_count == 1 && proof->keys[0].id.size == 0
               ? &proof->keys[0]
               : NULL;
}

/* A key lasts for some links; each such run is checked with its own. */
static enum cw_status check_links(const struct audit_proof *proof,
                                  const struct cw_audit *links, size_t count,
                                  struct cw_error *err)
{
    struct cw_audit_chain chain;
    before_link(&links[0], &chain);
    for (size_t begin = 0; begin < count;) {
        const struct cw_audit_key *key = key_of(proof, &links[begin]);
        size_t end = begin + 1;
        size_t bad = 0;
        while (end < count &&
               cw_text_equal(links[begin].key_id, links[end].key_id))
            end++;
        if (key == NULL)
            return cw_fail(err, CW_BAD_RECORD,
                           "link %" PRId64 " is of key \"%.*s\", which was not "
                           "given",
                           links[begin].sequence,
                           CW_TEXT_ARG(links[begin].key_id));
        const enum cw_status status =
            cw_audit_verify(&links[begin], end - begin, &chain, key, &bad, err);
        if (status != CW_OK)
            return status;
        after_link(&links[end - 1], &chain);
        begin = end;
    }
    return CW_OK;
}

/* ---- against its anchors ------------------------------------------------ */

static void find(struct finding *finding, const char *state, bool good)
{
    finding->state = state;
    finding->good = good;
}

/* *vouched: the anchor of what lay just before the first link holds. */
static void check_anchor(const struct cw_audit *links, size_t count,
                         const struct audit_anchor *anchor, bool *vouched,
                         struct finding *finding)
{
    const int64_t first = links[0].sequence;
    const int64_t last = links[count - 1].sequence;
    if (anchor->sequence < first - 1)
        return;
    if (anchor->sequence > last) {
        find(finding, "cut", false);
        (void)cw_fail(&finding->why, CW_BAD_RECORD,
                      "it ends at link %" PRId64 ", and link %" PRId64
                      " was anchored",
                      last, anchor->sequence);
        return;
    }
    const bool before = anchor->sequence == first - 1;
    const struct cw_text mac =
        before ? links[0].previous_mac : links[anchor->sequence - first].mac;
    if (before && cw_text_equal(mac, anchor->mac))
        *vouched = true;
    if (cw_text_equal(mac, anchor->mac))
        return;
    find(finding, "broken", false);
    (void)cw_fail(&finding->why, CW_BAD_RECORD,
                  "link %" PRId64 " is not the one that was anchored",
                  anchor->sequence);
}

static void check_head(const struct check *check, const struct cw_audit *first,
                       bool vouched, struct finding *finding)
{
    if (first->sequence <= 1 || !finding->good)
        return;
    if (!vouched)
        find(finding, "headless", !check->proof->anchored);
    (void)cw_fail(&finding->why, CW_BAD_RECORD,
                  "it begins at link %" PRId64 "; %s vouches for what lay "
                  "before",
                  first->sequence, vouched ? "its anchor" : "nothing");
}

/* Anchors of chains that come before this one have no link at all. */
static enum cw_status pass_missing(struct check *check,
                                   const struct cw_text *chain,
                                   struct cw_error *err)
{
    const struct audit_proof *proof = check->proof;
    enum cw_status status = CW_OK;
    while (status == CW_OK && check->anchor < proof->anchor_count) {
        const struct cw_text name = proof->anchors[check->anchor].chain;
        if (chain != NULL && cw_text_compare(name, *chain) >= 0)
            break;
        const struct cw_text cells[] = {name, CW_TEXT(""), CW_TEXT("0"),
                                        CW_TEXT("missing"),
                                        CW_TEXT("it was anchored, and not a "
                                                "link is left")};
        check->good = false;
        while (check->anchor < proof->anchor_count &&
               cw_text_equal(proof->anchors[check->anchor].chain, name))
            check->anchor++;
        status = table_add(check->table, cells, err);
    }
    return status;
}

/* ---- chain by chain ----------------------------------------------------- */

static enum cw_status check_chain(struct check *check, size_t begin, size_t end,
                                  struct cw_error *err)
{
    const struct audit_proof *proof = check->proof;
    const struct cw_audit *first = &check->links[begin];
    struct finding finding = {.state = "whole", .good = true};
    char counts[2][24];
    bool vouched = false;
    enum cw_status status = pass_missing(check, &first->chain, err);
    if (status != CW_OK)
        return status;
    if (check_links(proof, first, end - begin, &finding.why) != CW_OK)
        find(&finding, "broken", false);
    for (; check->anchor < proof->anchor_count &&
           cw_text_equal(proof->anchors[check->anchor].chain, first->chain);
         check->anchor++)
        if (finding.good) /* else its links do not stand at their places */
            check_anchor(first, end - begin, &proof->anchors[check->anchor],
                         &vouched, &finding);
    check_head(check, first, vouched, &finding);
    check->good = check->good && finding.good;
    (void)snprintf(counts[0], sizeof(counts[0]), "%" PRId64, first->sequence);
    (void)snprintf(counts[1], sizeof(counts[1]), "%zu", end - begin);
    const struct cw_text cells[] = {
        first->chain, cw_text_of(counts[0]), cw_text_of(counts[1]),
        cw_text_of(finding.state), cw_text_of(finding.why.text)};
    return table_add(check->table, cells, err);
}

enum cw_status audit_verify_links(struct cw_audit *links, size_t count,
                                  const struct audit_proof *proof,
                                  struct table *table, struct cw_error *err)
{
    struct check check = {
        .links = links, .proof = proof, .table = table, .good = true};
    enum cw_status status = CW_OK;
    if (count > 0)
        qsort(links, count, sizeof(*links), by_chain);
    for (size_t begin = 0; begin < count && status == CW_OK;) {
        size_t end = begin + 1;
        while (end < count &&
               cw_text_equal(links[begin].chain, links[end].chain))
            end++;
        status = check_chain(&check, begin, end, err);
        begin = end;
    }
    if (status == CW_OK)
        status = pass_missing(&check, NULL, err);
    if (status == CW_OK && !check.good)
        status = cw_fail(err, CW_BAD_RECORD, "a chain is not whole");
    return status;
}
