#include "core/audit.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define MAC_SIZE   32
#define LINK_LIMIT (1u << 20) /* bytes under one MAC: a Kafka message */

static const char zeros[CW_AUDIT_HEX + 1] =
    "0000000000000000000000000000000000000000000000000000000000000000";

void cw_audit_chain_init(struct cw_audit_chain *chain, struct cw_text name)
{
    const size_t size =
        name.size < CW_AUDIT_NAME_MAX ? name.size : CW_AUDIT_NAME_MAX;

    memset(chain, 0, sizeof(*chain));
    if (size > 0)
        memcpy(chain->name, name.bytes, size);
    memcpy(chain->previous, zeros, sizeof(zeros));
}

static void hex_of(const unsigned char *mac, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < MAC_SIZE; i++) {
        hex[2 * i] = digits[mac[i] >> 4];
        hex[2 * i + 1] = digits[mac[i] & 15];
    }
    hex[CW_AUDIT_HEX] = '\0';
}

static void pack_link(const struct cw_audit *link, struct cw_pack *out)
{
    cw_pack_text(out, link->chain);
    cw_pack_i64(out, link->sequence);
    cw_pack_text(out, link->what);
    cw_pack_text(out, link->subject);
    cw_pack_text(out, link->detail);
    cw_pack_text(out, link->algorithm);
    cw_pack_text(out, link->key_id);
    cw_pack_text(out, link->previous_mac);
    cw_pack_text(out, link->meta.tenant);
}

static enum cw_status mac_of(const struct cw_audit *link,
                             const struct cw_audit_key *key, char *hex,
                             struct cw_error *err)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    bool done = false;
    struct cw_pack covered;

    cw_pack_init(&covered, LINK_LIMIT);
    pack_link(link, &covered);
    if (!covered.failed && key->bytes.size > 0)
        done = HMAC(EVP_sha256(), key->bytes.bytes, (int)key->bytes.size,
                    covered.bytes, covered.size, mac, &size) != NULL;
    else if (!covered.failed)
        done = EVP_Digest(covered.bytes, covered.size, mac, &size, EVP_sha256(),
                          NULL) == 1;
    const bool failed = covered.failed;
    cw_pack_fini(&covered);
    if (failed)
        return cw_fail(err, CW_NO_MEMORY,
                       "audit link over %u bytes or no "
                       "memory",
                       LINK_LIMIT);
    if (!done || size != MAC_SIZE)
        return cw_fail(err, CW_BROKEN, "libcrypto refused to hash");
    hex_of(mac, hex);
    return CW_OK;
}

static struct cw_text algorithm_of(const struct cw_audit_key *key)
{
    return key->bytes.size > 0 ? CW_TEXT("hmac-sha256") : CW_TEXT("sha256");
}

enum cw_status cw_audit_link(struct cw_audit_chain *chain,
                             const struct cw_audit_key *key,
                             const struct cw_audit_entry *entry,
                             struct cw_audit *link, struct cw_arena *arena,
                             struct cw_error *err)
{
    char mac[CW_AUDIT_HEX + 1];
    struct cw_audit made = *link;

    made.chain = cw_arena_text(arena, cw_text_of(chain->name));
    made.sequence = chain->sequence + 1;
    made.what = entry->what;
    made.subject = entry->subject;
    made.detail = entry->detail;
    made.algorithm = algorithm_of(key);
    made.key_id = key->id;
    made.previous_mac = cw_arena_text(arena, cw_text_of(chain->previous));
    const enum cw_status status = mac_of(&made, key, mac, err);
    if (status != CW_OK)
        return status;
    made.mac = cw_arena_text(arena, cw_text_of(mac));
    if (made.chain.bytes == NULL || made.previous_mac.bytes == NULL ||
        made.mac.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for an audit link");
    chain->sequence = made.sequence;
    memcpy(chain->previous, mac, sizeof(mac));
    *link = made;
    return CW_OK;
}

/* NULL: the link stands where it should; else what is wrong with it. */
static const char *fault_of(const struct cw_audit *link,
                            const struct cw_audit_chain *at,
                            const struct cw_audit_key *key)
{
    if (!cw_text_is(link->chain, at->name))
        return "belongs to another chain";
    if (link->sequence != at->sequence + 1)
        return "does not follow in sequence";
    if (!cw_text_is(link->previous_mac, at->previous))
        return "does not carry the MAC before it";
    if (!cw_text_equal(link->algorithm, algorithm_of(key)))
        return "uses another algorithm than the key asks for";
    return NULL;
}

enum cw_status cw_audit_verify(const struct cw_audit *links, size_t count,
                               const struct cw_audit_chain *from,
                               const struct cw_audit_key *key, size_t *bad,
                               struct cw_error *err)
{
    struct cw_audit_chain at;

    cw_audit_chain_init(&at, count > 0 ? links[0].chain : CW_TEXT(""));
    if (from != NULL)
        at = *from;
    for (size_t i = 0; i < count; i++) {
        char mac[CW_AUDIT_HEX + 1];
        const char *fault = fault_of(&links[i], &at, key);
        const enum cw_status status = mac_of(&links[i], key, mac, err);

        if (status != CW_OK)
            return status;
        if (fault == NULL && !cw_text_is(links[i].mac, mac))
            fault = "was changed: its MAC is of other content";
        if (fault != NULL) {
            *bad = i;
            return cw_fail(err, CW_BAD_RECORD, "link %lld %s",
                           (long long)links[i].sequence, fault);
        }
        at.sequence = links[i].sequence;
        memcpy(at.previous, mac, sizeof(mac));
    }
    *bad = count;
    return CW_OK;
}

void cw_audit_chain_save(const struct cw_audit_chain *chain,
                         struct cw_pack *out)
{
    cw_pack_text(out, cw_text_of(chain->name));
    cw_pack_i64(out, chain->sequence);
    cw_pack_bytes(out, chain->previous, CW_AUDIT_HEX);
}

enum cw_status cw_audit_chain_load(struct cw_audit_chain *chain,
                                   struct cw_unpack *in, struct cw_error *err)
{
    const struct cw_text name = cw_unpack_text(in);
    const int64_t sequence = cw_unpack_i64(in);
    const void *previous = cw_unpack_bytes(in, CW_AUDIT_HEX);

    if (previous == NULL || name.size > CW_AUDIT_NAME_MAX || sequence < 0)
        return cw_fail(err, CW_BAD_STATE, "no audit chain in the state");
    cw_audit_chain_init(chain, name);
    chain->sequence = sequence;
    memcpy(chain->previous, previous, CW_AUDIT_HEX);
    return CW_OK;
}
