#include "base/command.h"

#include <string.h>

#include "base/probe.h"

bool cw_command_read(struct cw_command *command, int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        const char *word = arguments[i];
        if (strcmp(word, "--config") == 0 && i + 1 < count)
            command->config = arguments[++i];
        else if (strcmp(word, "--check-config") == 0)
            command->check = true;
        else if (strcmp(word, "--print-config") == 0)
            command->print = true;
        else if (strcmp(word, "--help") == 0)
            command->help = true;
        else if (strcmp(word, "--version") == 0)
            command->version = true;
        else if (strcmp(word, "--probe") == 0)
            command->probe = true;
        else if (strcmp(word, "--markdown") == 0)
            command->markdown = true;
        else if (strcmp(word, "--markdown-common") == 0)
            command->markdown_common = true;
        else
            return false;
    }
    return true;
}

void cw_command_help(const char *name, const char *summary, const char *setting,
                     FILE *out)
{
    (void)fprintf(out,
                  "causeway-%s: %s\n\n"
                  "  causeway-%s --config /etc/causeway/%s.yaml\n",
                  name, summary, name, name);
    if (setting[0] != '\0')
        (void)fprintf(out, "  %s causeway-%s\n", setting, name);
    (void)fprintf(out,
                  "\n"
                  "  --config FILE    options as YAML; the environment "
                  "(CAUSEWAY_<NAME>) wins\n"
                  "  --check-config   say every fault and exit (0, or 78)\n"
                  "  --print-config   the options in force, with their origin\n"
                  "  --probe          is the one that runs with these options "
                  "ready? (0, or 69)\n"
                  "  --version\n\n");
}

void cw_command_say_faults(const struct cw_options *options, FILE *out)
{
    const size_t count = options == NULL ? 0 : cw_options_fault_count(options);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "%s\n", cw_options_fault(options, i));
}

enum cw_status cw_command_probe(const char *address, int64_t port,
                                struct cw_error *err)
{
    const enum cw_status status =
        cw_probe(address, (uint16_t)port, "/-/ready", err);
    if (status != CW_OK)
        (void)fprintf(stderr, "%s\n", err->text);
    return status;
}

int cw_exit_code(enum cw_status status)
{
    switch (status) {
    case CW_OK:
        return 0;
    case CW_BAD_CONFIG:
    case CW_NOT_FOUND:
        return CW_EXIT_CONFIG;
    case CW_NOT_AUTHORISED:
        return CW_EXIT_NOT_AUTHORISED;
    case CW_UNAVAILABLE:
        return CW_EXIT_UNREACHABLE;
    case CW_NO_MEMORY:
    case CW_BAD_RECORD:
    case CW_UNKNOWN_FORMAT:
    case CW_BAD_SCHEMA:
    case CW_TOO_LARGE:
    case CW_FULL:
    case CW_FENCED:
    case CW_GAP:
    case CW_BAD_STATE:
    case CW_BROKEN:
    case CW_STATUS_COUNT:
        break;
    }
    return 1;
}
