/*
 * secret - the content of a secret file, wiped when it is no longer needed.
 *
 * Place    options NAME_file; keys of the audit chain, of webhooks
 * Input    a regular file nobody but owner and group may read (0400, 0440)
 * Output   its bytes without the last line end
 * Limits   64 KiB; an empty file is refused
 * Threads  pure
 */
#ifndef CW_BASE_SECRET_H
#define CW_BASE_SECRET_H

#include <stddef.h>

#include "base/status.h"

struct cw_secret {
    char *bytes; /* owned, terminated; cw_secret_fini wipes and frees */
    size_t size;
};

/* CW_BAD_CONFIG: err names the path and what is wrong with it, never what
 * stands in it; secret is untouched. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_secret_read(struct cw_secret *secret,
                                          const char *path,
                                          struct cw_error *err);

/* Wipes and frees; secret is empty afterwards, and may be already. */
void cw_secret_fini(struct cw_secret *secret);

/* Wipes size bytes of memory that is about to be given back. */
void cw_secret_wipe(void *bytes, size_t size);

#endif
