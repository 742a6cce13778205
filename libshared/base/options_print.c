/* What is in force, and what could be: --print-config, --help, Markdown. */
#include <string.h>

#include "base/options_state.h"
#include "base/utf8.h"

#define SECRET_SHOWN     "<secret>"
#define DESCRIPTION_SIZE 256u

/* What libyaml would refuse, fold or not give back. */
static bool needs_escape(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0xA0) ||
           point == 0x2028 || point == 0x2029 || point == 0xFEFF ||
           point == 0xFFFE || point == 0xFFFF;
}

/* A double quoted YAML scalar. ${env: is written so that it stays itself. */
static void write_quoted(FILE *out, const char *value)
{
    struct cw_text rest = cw_text_of(value);
    (void)fputc('"', out);
    while (rest.size > 0) {
        uint32_t point = 0;
        const size_t size = cw_utf8_next(rest, &point);
        if (size == 0) /* not reached: values are checked when read */
            break;
        if (cw_text_starts(rest, CW_TEXT("${env:")))
            (void)fputc('$', out);
        if (point == '"' || point == '\\')
            (void)fprintf(out, "\\%c", (char)point);
        else if (needs_escape(point))
            (void)fprintf(out, "\\u%04X", (unsigned)point);
        else
            (void)fwrite(rest.bytes, 1, size, out);
        rest.bytes += size;
        rest.size -= size;
    }
    (void)fputc('"', out);
}

/* Types whose text cannot be taken for something else. */
static bool is_plain(const struct cw_option *option)
{
    return option->type != CW_OPT_TEXT && option->type != CW_OPT_CHOICE;
}

static void print_setting(const struct cw_option *option,
                          const struct cw_setting *setting, FILE *out)
{
    char text[CW_OPTION_TEXT_SIZE];
    const char *value = cw_option_text(option, &setting->value, text);
    const bool secret = (option->flags & CW_OPT_SECRET) != 0;
    (void)fprintf(out, "%s%s: ", option->name,
                  setting->secret_file ? "_file" : "");
    if (setting->secret_file != NULL)
        write_quoted(out, setting->secret_file);
    else if (secret && value[0] != '\0')
        (void)fputs(SECRET_SHOWN, out);
    else if (is_plain(option))
        (void)fputs(value, out);
    else
        write_quoted(out, value);
    (void)fprintf(out, " # %s\n", setting->origin);
}

static void print_extra(const struct cw_passthrough *extra, FILE *out)
{
    (void)fputs("kafka.", out);
    (void)fputs(extra->key, out);
    (void)fputs(extra->secret_file ? "_file: " : ": ", out);
    if (extra->secret_file != NULL)
        write_quoted(out, extra->secret_file);
    else if (extra->secret)
        (void)fputs(SECRET_SHOWN, out);
    else
        write_quoted(out, extra->value);
    (void)fprintf(out, " # %s\n", extra->origin);
}

void cw_options_print(const struct cw_options *options, FILE *out)
{
    for (size_t i = 0; i < options->count; i++)
        print_setting(&options->table[i], &options->now->settings[i], out);
    for (size_t i = 0; i < options->now->extra_count; i++)
        print_extra(&options->now->extras[i], out);
}

/* "required", or the default as written in a file. */
static const char *fallback_of(const struct cw_option *option)
{
    if ((option->flags & CW_OPT_REQUIRED) != 0)
        return "required";
    if (option->fallback == NULL || option->fallback[0] == '\0')
        return "empty";
    return option->fallback;
}

/* "whole number, samples, 1 to 1000": what may be written. */
static void describe(const struct cw_option *option, char *out, size_t size)
{
    char range[96];
    const bool number =
        option->type == CW_OPT_INT || option->type == CW_OPT_DOUBLE;
    const char *unit = number && option->unit != NULL ? option->unit : "";
    cw_option_range(option, range, sizeof(range));
    (void)snprintf(out, size, "%s%s%s%s%s", cw_option_type_name(option),
                   unit[0] != '\0' ? ", " : "", unit,
                   range[0] != '\0' ? ", " : "", range);
}

static const char *remark_of(const struct cw_option *option)
{
    const bool restart = (option->flags & CW_OPT_RESTART) != 0;
    if ((option->flags & CW_OPT_SECRET) != 0)
        return restart ? "; secret, better given as NAME_file; needs a restart"
                       : "; secret, better given as NAME_file";
    return restart ? "; needs a restart" : "";
}

void cw_options_help(const struct cw_option *table, size_t count, FILE *out)
{
    char allowed[DESCRIPTION_SIZE];
    for (size_t i = 0; i < count; i++) {
        const bool required = (table[i].flags & CW_OPT_REQUIRED) != 0;
        describe(&table[i], allowed, sizeof(allowed));
        (void)fprintf(out, "  %s  %s, %s%s\n      %s%s\n", table[i].name,
                      allowed, required ? "" : "default ",
                      fallback_of(&table[i]), table[i].meaning,
                      remark_of(&table[i]));
    }
}

/* A bar would end the cell. */
static void write_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
}

void cw_options_markdown(const struct cw_option *table, size_t count, FILE *out)
{
    (void)fputs("| option | variable | value | default | meaning |\n"
                "|---|---|---|---|---|\n",
                out);
    for (size_t i = 0; i < count; i++) {
        char allowed[DESCRIPTION_SIZE];
        char variable[CW_OPTIONS_NAME_SIZE];
        describe(&table[i], allowed, sizeof(allowed));
        cw_options_variable(table[i].name, variable, sizeof(variable));
        (void)fprintf(out, "| `%s` | `%s` | ", table[i].name, variable);
        write_cell(out, allowed);
        (void)fputs(" | ", out);
        write_cell(out, fallback_of(&table[i]));
        (void)fputs(" | ", out);
        write_cell(out, table[i].meaning);
        (void)fprintf(out, "%s |\n", remark_of(&table[i]));
    }
}
