/*
 * record_golden - our side of the exchange with another Avro implementation.
 *
 * Place    records_golden.py <-> [record_golden]
 * Input    record_golden write FOLDER
 *          record_golden echo FILE.msg...   (single objects)
 * Output   write: NAME.msg and NAME.json of messages filled by hand
 *          echo: FILE.msg.again, the record sealed anew; FILE.msg.json; on
 *          stdout one line a file: name of the message and its fingerprint
 * Limits   messages up to 1 MiB
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/records.h"
#include "record/wire.h"

#define MESSAGE_SIZE_MAX ((size_t)1024 * 1024)
#define ARENA_SIZE       (64 * MESSAGE_SIZE_MAX)

static bool write_bytes(const char *path, const char *suffix, const void *bytes,
                        size_t size)
{
    char name[4096];
    (void)snprintf(name, sizeof(name), "%s%s", path, suffix);
    FILE *file = fopen(name, "wb");
    if (file == NULL)
        return false;
    const bool written = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

static bool write_record(const char *path, const char *message_suffix,
                         const char *json_suffix,
                         const struct cw_record_type *type, const void *record)
{
    struct cw_pack pack;
    cw_pack_init(&pack, MESSAGE_SIZE_MAX);
    cw_wire_seal(type, record, &pack);
    json_t *json = type->json(record, false);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    const bool written =
        !pack.failed && text != NULL &&
        write_bytes(path, message_suffix, pack.bytes, pack.size) &&
        write_bytes(path, json_suffix, text, strlen(text));
    free(text);
    json_decref(json);
    cw_pack_fini(&pack);
    return written;
}

static const struct cw_meta meta = {
    .tenant = CW_TEXT("default"),
    .domain = CW_TEXT("Überlauf"),
    .event_at = 1700000000000000,
    .stream_at = -1,
    .ingest_at = INT64_MAX,
    .origin_topic = CW_TEXT("causeway.raw"),
    .origin_partition = INT32_MIN,
    .origin_offset = INT64_MIN,
    .covers_to = 64,
    .revision = 8192,
    .idempotency_key = CW_TEXT(""),
};

static bool write_metrics(const char *folder)
{
    static const struct cw_key_value label = {CW_TEXT("host"), CW_TEXT("a")};
    static const struct cw_series_definition definition = {
        .id = -7,
        .tenant = CW_TEXT("default"),
        .entity = {CW_TEXT("service"), CW_TEXT("cart")},
        .name = CW_TEXT("http.server.request.duration"),
        .unit = CW_TEXT("s"),
        .kind = CW_METRIC_KIND_CUMULATIVE,
        .family = CW_FAMILY_LOGS,
        .labels = &label,
        .labels_count = 1,
    };
    static const int64_t longs[] = {0, -1, INT64_MAX, INT64_MIN, 63, 64};
    const double values[] = {
        0.1, -0.0, (double)NAN, (double)INFINITY, (double)-INFINITY, 5e-324};
    const struct cw_metric_run runs[] = {
        {.stream_at = 1,
         .definitions = &definition,
         .definitions_count = 1,
         .series = longs,
         .series_count = 6,
         .sampled_at = longs,
         .sampled_at_count = 6,
         .values = values,
         .values_count = 6},
        {.stream_at = 2},
    };
    const struct cw_metric_run_batch batch = {meta, runs, 2};
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/MetricRunBatch", folder);
    return write_record(path, ".msg", ".json", &cw_metric_run_batch_type,
                        &batch);
}

static bool write_dead_letter(const char *folder)
{
    static const struct cw_header_bytes header = {CW_TEXT("h"),
                                                  CW_TEXT("\x00\x7f\x80\xff")};
    const struct cw_dead_letter letter = {
        .meta = meta,
        .code = CW_TEXT("bad_record"),
        .headers = &header,
        .headers_count = 1,
        .has_key = true,
        .value = CW_TEXT("\xc3\x28 no UTF-8"),
    };
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/DeadLetter", folder);
    return write_record(path, ".msg", ".json", &cw_dead_letter_type, &letter);
}

static bool write_incident(const char *folder)
{
    static const struct cw_text path_names[] = {CW_TEXT("db"), CW_TEXT("cart")};
    static const struct cw_entity entities[] = {
        {CW_TEXT("service"), CW_TEXT("cart")},
        {CW_TEXT("database"), CW_TEXT("db")}};
    const struct cw_member member = {
        .member_id = CW_TEXT("00ff00ff00ff00ff"),
        .entity = entities[1],
        .family = CW_FAMILY_SATURATION,
        .severity = CW_SEVERITY_CRITICAL,
        .firing = true,
        .score = 0.875,
        .reason = {.rule = CW_TEXT("topology"),
                   .path = path_names,
                   .path_count = 2,
                   .gap_us = -5000000,
                   .similarity = 1.0 / 3},
    };
    const struct cw_incident incident = {
        .meta = meta,
        .incident_id = CW_TEXT("INC-23456"),
        .status = CW_INCIDENT_STATUS_CLOSED,
        .severity = CW_SEVERITY_CRITICAL,
        .title = CW_TEXT("cart is slow"),
        .entities = entities,
        .entities_count = 2,
        .member_count = 1,
        .members = &member,
        .members_count = 1,
    };
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/Incident", folder);
    return write_record(path, ".msg", ".json", &cw_incident_type, &incident);
}

static bool echo(const char *path, struct cw_arena *arena, char *bytes)
{
    struct cw_error err;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    const size_t size = fread(bytes, 1, MESSAGE_SIZE_MAX, file);
    (void)fclose(file);
    if (cw_wire_open((struct cw_text){bytes, size}, arena, &type, &record,
                     &err) != CW_OK) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return false;
    }
    printf("%s %016llx\n", type->name, (unsigned long long)type->fingerprint);
    return write_record(path, ".again", ".json", type, record);
}

static bool echo_all(char **paths)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    char *bytes = malloc(MESSAGE_SIZE_MAX);
    bool echoed =
        bytes != NULL && cw_arena_create(&arena, ARENA_SIZE, &err) == CW_OK;
    for (; echoed && *paths != NULL; paths++) {
        echoed = echo(*paths, arena, bytes);
        cw_arena_reset(arena);
    }
    cw_arena_destroy(&arena);
    free(bytes);
    return echoed;
}

int main(int argc, char **argv)
{
    bool done = false;
    if (argc == 3 && strcmp(argv[1], "write") == 0)
        done = write_metrics(argv[2]) && write_dead_letter(argv[2]) &&
               write_incident(argv[2]);
    else if (argc >= 3 && strcmp(argv[1], "echo") == 0)
        done = echo_all(argv + 2);
    else
        fputs("record_golden write FOLDER | echo FILE.msg...\n", stderr);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
