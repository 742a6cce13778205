#include "completion.h"

#include <string.h>

#include "core/plan.h"
#include "core/topic.h"

static bool is_first_of_noun(const struct command *command)
{
    return command == commands || strcmp(command[-1].noun, command->noun) != 0;
}

static void print_nouns(FILE *out)
{
    for (const struct command *at = commands; at->noun != NULL; at++)
        if (is_first_of_noun(at))
            (void)fprintf(out, "%s ", at->noun);
}

static void print_verbs(const struct command *first, FILE *out)
{
    for (const struct command *at = first;
         at->noun != NULL && strcmp(at->noun, first->noun) == 0; at++)
        if (at->verb != NULL)
            (void)fprintf(out, "%s ", at->verb);
}

static void print_flags(const struct command_option *options, FILE *out)
{
    for (; options->name != NULL; options++)
        (void)fprintf(out, "--%s ", options->name);
}

/* Ours, as topics tail takes them; raw topics only a broker could name. */
static void print_topics(const char *separator, FILE *out)
{
    for (unsigned i = 0; i < CW_TOPIC_COUNT; i++) {
        const enum cw_topic topic = (enum cw_topic)i;
        const char *name = cw_topic_spec(topic)->name;
        const bool each =
            topic == CW_TOPIC_SNAPSHOTS || topic == CW_TOPIC_VERDICTS;
        for (unsigned s = 0; each && s < CW_SERVICE_COUNT; s++)
            if (s != CW_SERVICE_NORMALIZER)
                (void)fprintf(out, "%s.%s%s", name,
                              cw_service_name((enum cw_service)s), separator);
        if (!each && topic != CW_TOPIC_RAW)
            (void)fprintf(out, "%s%s", name, separator);
    }
    (void)fputs("raw.commands raw.config raw.models raw.results", out);
}

static bool names_topic(const struct command *command)
{
    return command->words != NULL && strcmp(command->words, "TOPIC") == 0;
}

static void print_bash(FILE *out)
{
    (void)fputs("_cwctl() {\n"
                "  local cur=${COMP_WORDS[COMP_CWORD]}\n"
                "  local noun=${COMP_WORDS[1]} words=\n"
                "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"",
                out);
    print_nouns(out);
    (void)fputs("\"\n  else case \"$noun ${COMP_WORDS[2]}\" in\n", out);
    for (const struct command *at = commands; at->noun != NULL; at++) {
        (void)fprintf(out, "    \"%s %s\"*) words=\"", at->noun,
                      at->verb != NULL ? at->verb : "");
        print_flags(at->options, out);
        if (names_topic(at))
            print_topics(" ", out);
        (void)fputs("\";;\n", out);
    }
    (void)fputs("  esac\n  words=\"$words ", out);
    print_flags(command_globals, out);
    (void)fputs("\"\n"
                "  if [ \"$COMP_CWORD\" -eq 2 ]; then case \"$noun\" in\n",
                out);
    for (const struct command *at = commands; at->noun != NULL; at++)
        if (is_first_of_noun(at) && at->verb != NULL) {
            (void)fprintf(out, "    %s) words=\"", at->noun);
            print_verbs(at, out);
            (void)fputs("\";;\n", out);
        }
    (void)fputs("  esac; fi\n  fi\n"
                "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "  case \"$cur\" in -*) ;; *) [ ${#COMPREPLY[@]} -gt 0 ] || "
                "COMPREPLY=($(compgen -f -- \"$cur\"));; esac\n"
                "}\ncomplete -o filenames -F _cwctl cwctl\n",
                out);
}

static void print_fish(FILE *out)
{
    for (const struct command *at = commands; at->noun != NULL; at++) {
        if (is_first_of_noun(at))
            (void)fprintf(out,
                          "complete -c cwctl -n __fish_use_subcommand -a %s "
                          "-d '%s'\n",
                          at->noun, at->verb == NULL ? at->summary : "");
        if (at->verb != NULL)
            (void)fprintf(out,
                          "complete -c cwctl -n '__fish_seen_subcommand_from "
                          "%s' -a %s -d '%s'\n",
                          at->noun, at->verb, at->summary);
        if (names_topic(at)) {
            (void)fprintf(out,
                          "complete -c cwctl -n '__fish_seen_subcommand_from "
                          "%s; and __fish_seen_subcommand_from %s' -a '",
                          at->noun, at->verb);
            print_topics(" ", out);
            (void)fputs("'\n", out);
        }
        for (const struct command_option *option = at->options;
             option->name != NULL; option++)
            (void)fprintf(out,
                          "complete -c cwctl -n '__fish_seen_subcommand_from "
                          "%s' -l %s%s -d '%s'\n",
                          at->noun, option->name,
                          option->value != NULL ? " -r" : "", option->meaning);
    }
    for (const struct command_option *option = command_globals;
         option->name != NULL; option++)
        (void)fprintf(out, "complete -c cwctl -l %s%s -d '%s'\n", option->name,
                      option->value != NULL ? " -r" : "", option->meaning);
}

bool command_completion(const char *shell, FILE *out)
{
    if (strcmp(shell, "fish") == 0) {
        print_fish(out);
        return true;
    }
    if (strcmp(shell, "zsh") == 0)
        (void)fputs("autoload -U +X bashcompinit && bashcompinit\n", out);
    else if (strcmp(shell, "bash") != 0)
        return false;
    print_bash(out);
    return true;
}

enum cw_status completion_run(struct call *call, struct cw_error *err)
{
    return command_completion(call->words[0], call->out)
               ? CW_OK
               : call_usage(call, err, "%s: bash, zsh or fish", call->words[0]);
}
