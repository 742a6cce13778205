#include "confirm.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

enum cw_status confirm_can_ask(struct call *call, struct cw_error *err)
{
    if (call_has(call, "confirm") ||
        (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))
        return CW_OK;
    return call_usage(call, err,
                      "there is no terminal to ask at: --confirm says yes");
}

bool confirm_is_yes(const char *line)
{
    char word[8];
    const size_t size = strcspn(line, " \t\r\n");
    if (size >= sizeof(word) || line[size + strspn(line + size, " \t\r\n")])
        return false;
    (void)snprintf(word, sizeof(word), "%.*s", (int)size, line);
    return strcasecmp(word, "y") == 0 || strcasecmp(word, "yes") == 0;
}

enum cw_status confirm_ask(const struct call *call, const char *question,
                           struct cw_error *err)
{
    char line[64];
    if (call_has(call, "confirm"))
        return CW_OK;
    (void)fprintf(stderr, "%s [y/N] ", question);
    (void)fflush(stderr);
    if (fgets(line, sizeof(line), stdin) != NULL && confirm_is_yes(line))
        return CW_OK;
    return cw_fail(err, CW_BROKEN, "not confirmed: nothing was done");
}
