/* Any text as the list of targets: refused with a reason that holds no URL, or
 * every target has a name, an address in the list of hosts and sane settings.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_target(const struct notifier_targets *targets, size_t index)
{
    const struct notifier_target *target = &targets->list[index];
    check(target->name != NULL && target->name[0] != '\0');
    check(target->url != NULL &&
          (strncasecmp(target->url, "https://", 8) == 0 ||
           strncasecmp(target->url, "http://", 7) == 0));
    check(targets->hosts[index] != NULL && targets->hosts[index][0] != '\0');
    check(target->min_severity >= 0 &&
          target->min_severity < CW_SEVERITY_COUNT);
    for (size_t i = 0; i < index; i++)
        check(strcmp(targets->list[i].name, target->name) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct notifier_targets targets;
    struct cw_error err = {0};
    char *text = malloc(size + 1);
    check(text != NULL);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    const enum cw_status status =
        notifier_targets_init(&targets, text, size % 2 == 0, &err);
    if (status == CW_OK) {
        check(targets.count <= NOTIFIER_TARGETS_MAX);
        for (size_t i = 0; i < targets.count; i++)
            check_target(&targets, i);
        notifier_targets_fini(&targets);
    } else {
        check(err.text[0] != '\0' && strstr(err.text, "://") == NULL);
    }
    free(text);
    return 0;
}
