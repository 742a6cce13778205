/*
 * rsyslog - syslog as text: rsyslog's default template, RFC 5424, RFC 3164,
 * syslog-ng's default. JSON templates go to ecs.
 *
 * Input    a line, or several; octet counts in front are skipped
 *   <34>1 2026-10-11T22:14:15Z host su 1021 ID47 [x@1 a="b"] text   RFC 5424
 *   <34>Oct 11 22:14:15 host su[1021]: text                         RFC 3164
 *   2026-10-11T22:14:15+00:00 host su[1021]: text                   default
 * Output   one log a line: entity the host, source the program; structured
 *          data become attributes
 *          lines without a header of their own, behind one that has, belong to
 *          it: stack traces and details stay with their message
 * Limits   the default template has no severity: it is told from the text.
 *          RFC 3164 has no year: the one nearest to Kafka's time, in UTC. A
 *          line that is none of these is its own body, at Kafka's time
 * Source   RFC 5424 section 6, RFC 3164 section 4; rsyslog's
 *          RSYSLOG_FileFormat and RSYSLOG_SyslogProtocol23Format
 */
#include "format.h"

#include "../severity.h"
#include "../unwrap.h"

struct line {
    struct cw_text rest; /* not read yet */
    struct labels labels;
    struct draft_log log;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip(struct cw_text *rest, size_t size)
{
    rest->bytes += size;
    rest->size -= size;
}

static struct cw_text next_word(struct cw_text *rest)
{
    size_t size = 0;
    while (size < rest->size && rest->bytes[size] != ' ')
        size++;
    const struct cw_text word = {rest->bytes, size};
    skip(rest, size < rest->size ? size + 1 : size);
    return word;
}

/* "-" is RFC 5424's nothing. */
static struct cw_text word_or_nothing(struct cw_text *rest)
{
    const struct cw_text word = next_word(rest);
    return cw_text_is(word, "-") ? CW_TEXT("") : word;
}

/* "<34>": severity is the last three bits. */
static bool read_priority(struct line *line)
{
    const struct cw_text text = line->rest;
    int64_t priority = 0;
    size_t at = 1;
    if (text.size < 3 || text.bytes[0] != '<')
        return false;
    while (at < text.size && at < 4 && is_digit(text.bytes[at]))
        priority = priority * 10 + (text.bytes[at++] - '0');
    if (at == 1 || at == text.size || text.bytes[at] != '>' || priority > 191)
        return false;
    line->log.severity = severity_of_syslog(priority % 8);
    skip(&line->rest, at + 1);
    return true;
}

/* "su[1021]: text" -> source su, attribute process.pid. */
static void read_tag(struct line *line)
{
    const struct cw_text text = line->rest;
    size_t name = 0;
    while (name < text.size && text.bytes[name] != ' ' &&
           text.bytes[name] != '[' && text.bytes[name] != ':')
        name++;
    size_t end = name;
    struct cw_text pid = {"", 0};
    if (end < text.size && text.bytes[end] == '[') {
        const char *close = memchr(text.bytes + end, ']', text.size - end);
        if (close == NULL)
            return;
        pid = (struct cw_text){text.bytes + end + 1,
                               (size_t)(close - text.bytes) - end - 1};
        end = (size_t)(close - text.bytes) + 1;
    }
    const bool colon = end < text.size && text.bytes[end] == ':';
    if (name == 0 || (!colon && pid.size == 0))
        return; /* a word of the text, not a tag */
    line->log.source = (struct cw_text){text.bytes, name};
    labels_add(&line->labels, CW_TEXT("process.pid"), pid);
    skip(&line->rest, end + colon);
    if (line->rest.size > 0 && line->rest.bytes[0] == ' ')
        skip(&line->rest, 1);
}

/* a="b\"c" behind an element's name; what is odd ends the element. */
static size_t read_parameter(struct line *line, struct cw_text text, size_t at)
{
    const size_t name = at;
    while (at < text.size && text.bytes[at] != '=' && text.bytes[at] != ']' &&
           text.bytes[at] != ' ')
        at++;
    const struct cw_text key = {text.bytes + name, at - name};
    if (at + 1 >= text.size || text.bytes[at] != '=' ||
        text.bytes[at + 1] != '"')
        return at;
    at += 2;
    const size_t value = at;
    while (at < text.size && text.bytes[at] != '"')
        at += text.bytes[at] == '\\' && at + 1 < text.size ? 2 : 1;
    labels_add(&line->labels, key,
               (struct cw_text){text.bytes + value, at - value});
    return at < text.size ? at + 1 : at;
}

/* "[id a="b"][id2 ...]" or "-". */
static void read_structured(struct line *line)
{
    const struct cw_text text = line->rest;
    size_t at = 0;
    if (text.size > 0 && text.bytes[0] == '-') {
        (void)next_word(&line->rest);
        return;
    }
    while (at < text.size && text.bytes[at] == '[') {
        while (at < text.size && text.bytes[at] != ' ' && text.bytes[at] != ']')
            at++; /* the element's name */
        while (at < text.size && text.bytes[at] == ' ') {
            const size_t begin = at + 1;
            at = read_parameter(line, text, begin);
            if (at == begin)
                break;
        }
        while (at < text.size && text.bytes[at] != ']')
            at++;
        at += at < text.size;
    }
    if (at < text.size && text.bytes[at] == ' ')
        at++;
    skip(&line->rest, at);
}

/* Behind the version: TIMESTAMP HOST APP PROCID MSGID SD MSG. */
static bool read_5424(struct line *line)
{
    struct cw_text rest = line->rest;
    if (!cw_text_starts(rest, CW_TEXT("1 ")))
        return false;
    skip(&rest, 2);
    const struct cw_text at = word_or_nothing(&rest);
    size_t used;
    if (at.size > 0 && !instant_parse(at, &line->log.event_at, &used))
        return false;
    labels_add(&line->labels, CW_TEXT("host.name"), word_or_nothing(&rest));
    line->log.source = word_or_nothing(&rest);
    labels_add(&line->labels, CW_TEXT("process.pid"), word_or_nothing(&rest));
    labels_add(&line->labels, CW_TEXT("msgid"), word_or_nothing(&rest));
    line->rest = rest;
    read_structured(line);
    if (cw_text_starts(line->rest, CW_TEXT("\xef\xbb\xbf")))
        skip(&line->rest, 3);
    return true;
}

/* "<time> host tag: text", the time in either spelling. */
static bool read_headed(struct line *line, int64_t near_at)
{
    size_t used;
    if (!instant_parse(line->rest, &line->log.event_at, &used) &&
        !instant_parse_bsd(line->rest, near_at, &line->log.event_at, &used))
        return false;
    if (used >= line->rest.size || line->rest.bytes[used] != ' ')
        return false;
    skip(&line->rest, used + 1);
    labels_add(&line->labels, CW_TEXT("host.name"), next_word(&line->rest));
    read_tag(line);
    return true;
}

static void read_line(struct draft *draft, struct cw_text text)
{
    struct line line;
    line.rest = text;
    line.log = (struct draft_log){0};
    labels_clear(&line.labels);
    const bool prioritised = read_priority(&line);
    if (!(prioritised && read_5424(&line)) &&
        !read_headed(&line, draft_kafka_at(draft)))
        line.log.event_at = 0;
    while (line.rest.size > 0 && line.rest.bytes[0] == ' ')
        skip(&line.rest, 1);
    line.log.body = unwrap_line(line.rest, draft_arena(draft));
    labels_sort(&line.labels);
    if (line.log.body.size == 0) {
        draft_drop(draft, COUNT_DROP_SILENT); /* a header with nothing to say */
        return;
    }
    draft_add_log(draft, &line.log, &line.labels);
}

/* "23 <1>1 ..." : the count says where the next message begins. */
static bool read_counted(struct cw_text *rest, struct cw_text *message)
{
    size_t at = 0;
    size_t size = 0;
    while (at < rest->size && at < 7 && is_digit(rest->bytes[at]))
        size = size * 10 + (size_t)(rest->bytes[at++] - '0');
    if (at == 0 || at + 1 >= rest->size || rest->bytes[at] != ' ' ||
        rest->bytes[at + 1] != '<')
        return false;
    skip(rest, at + 1);
    if (size > rest->size)
        size = rest->size;
    *message = (struct cw_text){rest->bytes, size};
    skip(rest, size);
    return true;
}

/* Does a message begin here, or is it the next line of a stack trace? */
static bool begins_message(struct cw_text text)
{
    int64_t at;
    size_t used;
    if (text.size > 2 && text.bytes[0] == '<' && is_digit(text.bytes[1]))
        return true;
    return instant_parse(text, &at, &used) ||
           instant_parse_bsd(text, 0, &at, &used);
}

/* Up to the line before the next message. A record that begins with no header
 * is lines of plain text, each its own message. */
static struct cw_text next_message(struct cw_text *rest)
{
    struct cw_text message = {rest->bytes, 0};
    const bool headed = begins_message(*rest);
    do {
        const char *end = memchr(rest->bytes, '\n', rest->size);
        const size_t size =
            end == NULL ? rest->size : (size_t)(end - rest->bytes) + 1;
        message.size += size;
        skip(rest, size);
    } while (headed && rest->size > 0 && !begins_message(*rest));
    return message;
}

enum cw_status read_rsyslog(struct draft *draft, struct cw_text bytes,
                            struct cw_error *err)
{
    struct cw_text rest = bytes;
    size_t index = 0;
    if (cw_text_starts(rest, CW_TEXT("\xef\xbb\xbf")))
        skip(&rest, 3);
    while (rest.size > 0) {
        struct cw_text message;
        if (!read_counted(&rest, &message))
            message = next_message(&rest);
        message = unwrap_trim(message);
        while (message.size > 0 && message.bytes[message.size - 1] == '\0')
            message.size--;
        if (message.size == 0)
            continue;
        draft_part(draft, index++, message);
        read_line(draft, message);
    }
    if (index == 0)
        return cw_fail(err, CW_BAD_RECORD, "empty value");
    return CW_OK;
}
