#include "zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define FILE_MAX          65536
#define TYPES_MAX         256
#define ABBREVIATION_SIZE 8
#define SECOND_US         INT64_C(1000000)

struct offset_type {
    int32_t offset_s; /* east of UTC */
    char abbreviation[ABBREVIATION_SIZE];
};

struct notifier_zone {
    size_t count; /* transitions */
    int64_t *at_s;
    unsigned char *type_of;
    size_t type_count;
    struct offset_type types[TYPES_MAX];
};

struct header {
    size_t utc_count, std_count, leap_count, time_count, type_count, char_count;
};

void notifier_zone_close(struct notifier_zone **zone)
{
    if (*zone == NULL)
        return;
    free((*zone)->at_s);
    free((*zone)->type_of);
    free(*zone);
    *zone = NULL;
}

static int64_t big_endian(const unsigned char *bytes, size_t size)
{
    uint64_t value = (bytes[0] & 0x80) ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++)
        value = (value << 8) | bytes[i];
    return (int64_t)value;
}

static bool read_header(const unsigned char *bytes, size_t size,
                        struct header *out)
{
    if (size < 44 || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return false;
    size_t counts[6];
    for (size_t i = 0; i < 6; i++) {
        const int64_t count = big_endian(bytes + 20 + 4 * i, 4);
        if (count < 0 || count > FILE_MAX)
            return false;
        counts[i] = (size_t)count;
    }
    *out = (struct header){counts[0], counts[1], counts[2],
                           counts[3], counts[4], counts[5]};
    return true;
}

static size_t body_size(const struct header *header, size_t time_size)
{
    return header->time_count * (time_size + 1) + header->type_count * 6 +
           header->char_count + header->leap_count * (time_size + 4) +
           header->std_count + header->utc_count;
}

static void read_types(struct notifier_zone *zone, const unsigned char *types,
                       const struct header *header)
{
    const unsigned char *chars = types + header->type_count * 6;
    for (size_t i = 0; i < header->type_count; i++) {
        struct offset_type *type = &zone->types[i];
        type->offset_s = (int32_t)big_endian(types + 6 * i, 4);
        const size_t from = types[6 * i + 5];
        for (size_t j = 0; j + 1 < ABBREVIATION_SIZE; j++) {
            if (from + j >= header->char_count || chars[from + j] == '\0')
                break;
            type->abbreviation[j] = (char)chars[from + j];
        }
    }
    zone->type_count = header->type_count;
}

/* The second, 64-bit block of the file; false: it is no such file. */
static bool read_zone(struct notifier_zone *zone, const unsigned char *bytes,
                      size_t size)
{
    struct header header;
    if (!read_header(bytes, size, &header))
        return false;
    const size_t skip = 44 + body_size(&header, 4);
    if (skip > size || !read_header(bytes + skip, size - skip, &header) ||
        44 + body_size(&header, 8) > size - skip || header.type_count == 0 ||
        header.type_count > TYPES_MAX)
        return false;
    const unsigned char *times = bytes + skip + 44;
    const unsigned char *indexes = times + header.time_count * 8;
    zone->at_s = calloc(header.time_count + 1, sizeof(*zone->at_s));
    zone->type_of = calloc(header.time_count + 1, 1);
    if (zone->at_s == NULL || zone->type_of == NULL)
        return false;
    for (size_t i = 0; i < header.time_count; i++) {
        zone->at_s[i] = big_endian(times + 8 * i, 8);
        zone->type_of[i] = indexes[i];
        if (indexes[i] >= header.type_count)
            return false;
    }
    zone->count = header.time_count;
    read_types(zone, indexes + header.time_count, &header);
    return true;
}

static bool is_zone_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                                  "stuvwxyz0123456789_+-/";
    const size_t size = strlen(name);
    return size > 0 && size < 64 && name[0] != '/' &&
           strspn(name, allowed) == size;
}

enum cw_status notifier_zone_open(struct notifier_zone **made,
                                  const char *folder, const char *name,
                                  struct cw_error *err)
{
    char path[4096];
    if (!is_zone_name(name))
        return cw_fail(err, CW_BAD_CONFIG, "'%.64s' is no name of a zone",
                       name);
    struct notifier_zone *zone = calloc(1, sizeof(*zone));
    unsigned char *bytes = malloc(FILE_MAX);
    if (zone == NULL || bytes == NULL) {
        free(bytes);
        free(zone);
        return cw_fail(err, CW_NO_MEMORY, "zone");
    }
    if (strcmp(name, "UTC") == 0) {
        free(bytes);
        *made = zone; /* no types: nothing to add to UTC */
        return CW_OK;
    }
    (void)snprintf(path, sizeof(path), "%s/%s",
                   folder ? folder : "/usr/share/zoneinfo", name);
    FILE *file = fopen(path, "rbe");
    const size_t size = file ? fread(bytes, 1, FILE_MAX, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    const bool good =
        size > 0 && size < FILE_MAX && read_zone(zone, bytes, size);
    free(bytes);
    if (!good) {
        notifier_zone_close(&zone);
        return cw_fail(err, CW_BAD_CONFIG, "no time zone '%s' in %s", name,
                       folder ? folder : "/usr/share/zoneinfo");
    }
    *made = zone;
    return CW_OK;
}

/* The last transition at or before the instant; before all, the first type. */
static const struct offset_type *type_at(const struct notifier_zone *zone,
                                         int64_t at_s)
{
    size_t low = 0;
    size_t high = zone->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (zone->at_s[middle] <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return &zone->types[low > 0 ? zone->type_of[low - 1] : 0];
}

size_t notifier_zone_format(const struct notifier_zone *zone, int64_t at,
                            char out[NOTIFIER_ZONE_TEXT_SIZE])
{
    char utc[CW_TIME_TEXT_SIZE];
    char local[CW_TIME_TEXT_SIZE];
    (void)cw_time_format_ms(at, utc);
    utc[10] = '\0'; /* yyyy-mm-dd, then T and hh:mm:ss */
    utc[19] = '\0';
    if (zone == NULL || zone->type_count == 0)
        return (size_t)snprintf(out, NOTIFIER_ZONE_TEXT_SIZE, "%s %s UTC", utc,
                                utc + 11);
    const struct offset_type *type = type_at(zone, at / SECOND_US);
    (void)cw_time_format_ms(at + type->offset_s * SECOND_US, local);
    local[10] = '\0';
    local[19] = '\0';
    const bool same_day = strcmp(utc, local) == 0;
    return (size_t)snprintf(out, NOTIFIER_ZONE_TEXT_SIZE,
                            "%s %s UTC (%s%s%s %s)", utc, utc + 11,
                            same_day ? "" : local, same_day ? "" : " ",
                            local + 11, type->abbreviation);
}
