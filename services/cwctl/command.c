#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/command.h"
#include "csv.h"

const struct command_option command_globals[] = {
    {"output", "table|json|csv", "how to print; also -o"},
    {"brokers", "HOST:PORT,...", "Kafka; else CAUSEWAY_KAFKA_BROKERS or file"},
    {"prefix", "WORD", "first word of every topic: causeway"},
    {"postgres", "URL",
     "database; with a password better CAUSEWAY_POSTGRES_URL or "
     "postgres.url_file in a file: arguments are seen by all"},
    {"config", "FILE",
     "options; else $XDG_CONFIG_HOME/cwctl.yml, "
     "/etc/causeway/cwctl.yml"},
    {"help", NULL, "this; also -h"},
    {"version", NULL, "version of cwctl"},
    {NULL, NULL, NULL},
};

/* ---- asking a call ------------------------------------------------------ */

static size_t find_option(const struct command_option *options,
                          const char *name, size_t size)
{
    size_t i = 0;
    while (options[i].name != NULL &&
           (strlen(options[i].name) != size ||
            memcmp(options[i].name, name, size) != 0))
        i++;
    return i;
}

const char *call_option(const struct call *call, const char *name)
{
    const struct command_option *own = call->command->options;
    const size_t at = find_option(own, name, strlen(name));
    if (own[at].name != NULL)
        return call->values[at];
    const size_t global = find_option(command_globals, name, strlen(name));
    return command_globals[global].name != NULL ? call->globals[global] : NULL;
}

bool call_has(const struct call *call, const char *name)
{
    return call_option(call, name) != NULL;
}

enum cw_status call_usage(struct call *call, struct cw_error *err,
                          const char *format, ...)
{
    char text[sizeof(err->text)];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    call->usage = true;
    return cw_fail(err, CW_BAD_CONFIG, "%s", text);
}

enum cw_status call_number(struct call *call, const char *name, int64_t least,
                           int64_t most, int64_t *value, struct cw_error *err)
{
    const char *text = call_option(call, name);
    char *end = NULL;
    if (text == NULL)
        return CW_OK;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < least ||
        number > most)
        return call_usage(call, err,
                          "--%s %s: a whole number from %lld to %lld", name,
                          text, (long long)least, (long long)most);
    *value = number;
    return CW_OK;
}

enum cw_status call_time(struct call *call, const char *name, int64_t *at,
                         struct cw_error *err)
{
    const char *text = call_option(call, name);
    if (text == NULL || csv_time(cw_text_of(text), at))
        return CW_OK;
    return call_usage(call, err, "--%s %s: a time, as 2026-02-03T04:05:06Z",
                      name, text);
}

/* ---- help --------------------------------------------------------------- */

static void print_options(const struct command_option *options, FILE *out)
{
    for (; options->name != NULL; options++) {
        char left[64];
        (void)snprintf(left, sizeof(left), "--%s%s%s", options->name,
                       options->value != NULL ? " " : "",
                       options->value != NULL ? options->value : "");
        (void)fprintf(out, "  %-26s %s\n", left, options->meaning);
    }
}

static void print_call(const struct command *command, FILE *out)
{
    (void)fprintf(out, "cwctl %s%s%s%s%s", command->noun,
                  command->verb != NULL ? " " : "",
                  command->verb != NULL ? command->verb : "",
                  command->words != NULL ? " " : "",
                  command->words != NULL ? command->words : "");
}

static void help_command(const struct command *command, FILE *out)
{
    (void)fputs(command->examples, out);
    (void)fputs("\n", out);
    print_call(command, out);
    (void)fprintf(out, "\n  %s\n", command->summary);
    if (command->options[0].name != NULL) {
        (void)fputs("\nOptions\n", out);
        print_options(command->options, out);
    }
    (void)fputs("\nOptions of every command\n", out);
    print_options(command_globals, out);
}

static void list_commands(const char *noun, FILE *out)
{
    for (const struct command *at = commands; at->noun != NULL; at++) {
        char left[64];
        if (noun != NULL && strcmp(noun, at->noun) != 0)
            continue;
        (void)snprintf(left, sizeof(left), "%s%s%s", at->noun,
                       at->verb != NULL ? " " : "",
                       at->verb != NULL ? at->verb : "");
        (void)fprintf(out, "  %-26s %s\n", left, at->summary);
    }
}

static void help_noun(const char *noun, FILE *out)
{
    for (const struct command *at = commands; at->noun != NULL; at++)
        if (strcmp(noun, at->noun) == 0)
            (void)fputs(at->examples, out);
    (void)fputs("\n", out);
    list_commands(noun, out);
    (void)fprintf(out, "\ncwctl %s VERB --help tells more.\n", noun);
}

static void help_all(FILE *out)
{
    (void)fputs("  cwctl replay day.ndjson -o json     what would have been "
                "decided\n"
                "  cwctl score < series.csv            is my data unusual?\n"
                "  cwctl topics create --raw otlp_metrics:3\n"
                "  cwctl incidents list\n"
                "  cwctl doctor                        is all well?\n"
                "\nCommands\n",
                out);
    list_commands(NULL, out);
    (void)fputs("\nOptions of every command\n", out);
    print_options(command_globals, out);
    (void)fputs("\nExit: 0 done, 1 failed, 64 called wrongly, 69 Kafka or "
                "database unreachable,\n77 not authorised, 78 configuration\n",
                out);
}

/* ---- reading the arguments ---------------------------------------------- */

struct reading {
    struct call *call;
    const char **words;
    int at;
    int count;
    char **arguments;
};

static bool has_noun(const char *noun)
{
    for (const struct command *at = commands; at->noun != NULL; at++)
        if (strcmp(noun, at->noun) == 0)
            return true;
    return false;
}

/* The command that noun and verb name; *used counts their words. */
static const struct command *find_command(const char *noun, const char *verb,
                                          int *used)
{
    for (const struct command *at = commands; at->noun != NULL; at++) {
        if (strcmp(noun, at->noun) != 0)
            continue;
        *used = at->verb == NULL ? 1 : 2;
        if (at->verb == NULL || (verb != NULL && strcmp(verb, at->verb) == 0))
            return at;
    }
    return NULL;
}

/* A list may be given in pieces: --raw a --raw b is --raw a,b. */
static enum cw_status join_values(struct call *call, const char **slot,
                                  const char *value, struct cw_error *err)
{
    const size_t size = strlen(*slot) + strlen(value) + 2;
    char *joined = malloc(size);
    if (joined == NULL || call->joined_count == COMMAND_JOINED_MAX) {
        free(joined);
        return call_usage(call, err, "too many values");
    }
    (void)snprintf(joined, size, "%s,%s", *slot, value);
    call->joined[call->joined_count++] = joined;
    *slot = joined;
    return CW_OK;
}

static enum cw_status take_value(struct reading *reading, const char *name,
                                 const char **slot,
                                 const struct command_option *option,
                                 const char *equals, struct cw_error *err)
{
    if (option->value == NULL) {
        *slot = "";
        return equals == NULL ? CW_OK
                              : call_usage(reading->call, err,
                                           "--%s takes no value", option->name);
    }
    if (equals == NULL && reading->at + 1 >= reading->count)
        return call_usage(reading->call, err, "%s needs %s", name,
                          option->value);
    const char *value =
        equals != NULL ? equals + 1 : reading->arguments[++reading->at];
    if (*slot == NULL || strstr(option->value, ",...") == NULL) {
        *slot = value;
        return CW_OK;
    }
    return join_values(reading->call, slot, value, err);
}

static enum cw_status read_option(struct reading *reading, const char *word,
                                  struct cw_error *err)
{
    struct call *call = reading->call;
    const char *name = strcmp(word, "-o") == 0   ? "output"
                       : strcmp(word, "-h") == 0 ? "help"
                       : strcmp(word, "-y") == 0 ? "confirm"
                                                 : word + 2;
    const char *equals = strchr(name, '=');
    const size_t size = equals != NULL ? (size_t)(equals - name) : strlen(name);
    if (word[1] != '-' && name == word + 2)
        return call_usage(call, err, "no option %s", word);
    size_t at = find_option(call->command->options, name, size);
    if (call->command->options[at].name != NULL)
        return take_value(reading, word, &call->values[at],
                          &call->command->options[at], equals, err);
    at = find_option(command_globals, name, size);
    if (command_globals[at].name == NULL)
        return call_usage(call, err, "no option %s", word);
    return take_value(reading, word, &call->globals[at], &command_globals[at],
                      equals, err);
}

static enum cw_status read_words(struct reading *reading, struct cw_error *err)
{
    struct call *call = reading->call;
    bool options = true;
    for (; reading->at < reading->count; reading->at++) {
        const char *word = reading->arguments[reading->at];
        enum cw_status status = CW_OK;
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && word[0] == '-' && word[1] != '\0')
            status = read_option(reading, word, err);
        else
            reading->words[call->word_count++] = word;
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}

static enum cw_status check_call(struct call *call, struct cw_error *err)
{
    static const char *const forms[] = {"table", "json", "csv"};
    const struct command *command = call->command;
    const char *output = call_option(call, "output");
    if (call->word_count < command->words_min)
        return call_usage(call, err, "%s%s%s needs %s", command->noun,
                          command->verb != NULL ? " " : "",
                          command->verb != NULL ? command->verb : "",
                          command->words);
    if (call->word_count > command->words_max)
        return call_usage(call, err, "one word too many: %s",
                          call->words[command->words_max]);
    call->output_given = output != NULL;
    for (unsigned i = 0; output != NULL && i < 3; i++)
        if (strcmp(output, forms[i]) == 0) {
            call->output = (enum output_form)i;
            return CW_OK;
        }
    return output == NULL ? CW_OK
                          : call_usage(call, err,
                                       "--output %s: table, json or "
                                       "csv",
                                       output);
}

/* What is asked for and not there is an answer here, no fault of an option. */
static int exit_code(const struct call *call, enum cw_status status)
{
    if (call->usage)
        return CW_EXIT_USAGE;
    return status == CW_NOT_FOUND ? EXIT_FAULT : cw_exit_code(status);
}

/* reading: what stands before the noun; then the rest is read. */
static int run_call(struct reading *reading, int rest, int count)
{
    struct call *call = reading->call;
    struct cw_error err = {CW_OK, ""};
    enum cw_status status = read_words(reading, &err);
    reading->at = rest;
    reading->count = count;
    if (status == CW_OK)
        status = read_words(reading, &err);
    if (status == CW_OK && call_has(call, "help")) {
        help_command(call->command, stdout);
        return 0;
    }
    if (status == CW_OK)
        status = check_call(call, &err);
    if (status == CW_OK)
        status = call->command->run(call, &err);
    if (fflush(call->out) != 0 && status == CW_OK)
        status =
            cw_fail(&err, CW_BROKEN, "standard output: %s", strerror(errno));
    if (status != CW_OK && err.text[0] != '\0')
        (void)fprintf(stderr, "cwctl: %s\n", err.text);
    if (call->usage)
        (void)fprintf(stderr, "cwctl %s%s%s --help tells more\n",
                      call->command->noun,
                      call->command->verb != NULL ? " " : "",
                      call->command->verb != NULL ? call->command->verb : "");
    return exit_code(call, status);
}

static int no_command(const char *noun, const char *verb)
{
    if (has_noun(noun) && verb == NULL)
        (void)fprintf(stderr, "cwctl: %s what? cwctl %s --help\n", noun, noun);
    else if (has_noun(noun))
        (void)fprintf(stderr, "cwctl: no command %s %s; cwctl %s --help\n",
                      noun, verb, noun);
    else
        (void)fprintf(stderr, "cwctl: no command %s; cwctl --help\n", noun);
    return CW_EXIT_USAGE;
}

static bool asks(const char *word, const char *name)
{
    return word != NULL && strcmp(word, name) == 0;
}

/* Options of every command may come before the noun: where that stands, count
 * when it does not; 0 when such an option is none. */
static int find_noun(int count, char **arguments)
{
    int at = 1;
    while (at < count && arguments[at][0] == '-' &&
           !asks(arguments[at], "--help") && !asks(arguments[at], "-h") &&
           !asks(arguments[at], "--version")) {
        const char *name =
            asks(arguments[at], "-o") ? "output" : arguments[at] + 2;
        const size_t size = strcspn(name, "=");
        const size_t option = find_option(command_globals, name, size);
        if ((arguments[at][1] != '-' && !asks(arguments[at], "-o")) ||
            command_globals[option].name == NULL)
            return 0;
        at +=
            command_globals[option].value != NULL && name[size] == '\0' ? 2 : 1;
    }
    return at < count ? at : count;
}

int command_main(int count, char **arguments)
{
    const int first = find_noun(count, arguments);
    if (first == 0) {
        (void)fputs("cwctl: only options of every command may come before it; "
                    "cwctl --help\n",
                    stderr);
        return CW_EXIT_USAGE;
    }
    const char *noun = first < count ? arguments[first] : NULL;
    const char *verb = first + 1 < count ? arguments[first + 1] : NULL;
    int used = 0;
    if (noun == NULL || asks(noun, "--help") || asks(noun, "-h") ||
        asks(noun, "help")) {
        help_all(noun == NULL ? stderr : stdout);
        return noun == NULL ? CW_EXIT_USAGE : 0;
    }
    if (asks(noun, "--version")) {
        printf("cwctl %s\n", CW_VERSION);
        return 0;
    }
    const struct command *command = find_command(noun, verb, &used);
    if (command == NULL && has_noun(noun) &&
        (asks(verb, "--help") || asks(verb, "-h"))) {
        help_noun(noun, stdout);
        return 0;
    }
    if (command == NULL)
        return no_command(noun, verb);
    const char **words = calloc((size_t)count, sizeof(const char *));
    if (words == NULL)
        return EXIT_FAULT;
    struct call call = {.command = command, .words = words, .out = stdout};
    struct reading reading = {&call, words, 1, first, arguments};
    const int code = run_call(&reading, first + used, count);
    for (size_t i = 0; i < call.joined_count; i++)
        free(call.joined[i]);
    free(words);
    return code;
}
