/*
 * avro2c - Avro schemas to C: the only place where a record's layout becomes
 * code.
 *
 * Place    schemas/avro, schemas/history -> [avro2c] -> <build>/gen/record
 * Input    avro2c [--strict] OUT_FOLDER FILE.avsc... [--history
 * FILE.avsc...]... files of one release in order; each --history begins an
 * earlier release. --strict fails when a message of one cannot be read any
 *          more; without it that message is said and left out
 * Output   records.h, records_codec.h, records_<file>.c, records_table.c
 */
#include "emit.h"

#include <stdlib.h>
#include <string.h>

#define RELEASE_MAX 16

static FILE *open_output(const char *folder, const char *name)
{
    char path[4096];
    const int size = snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out =
        size > 0 && (size_t)size < sizeof(path) ? fopen(path, "w") : NULL;
    if (out == NULL)
        fprintf(stderr, "avro2c: cannot write %s/%s\n", folder, name);
    return out;
}

static bool close_output(FILE *out)
{
    const bool failed = ferror(out) != 0;
    return fclose(out) == 0 && !failed;
}

static bool write_files(const char *folder, const struct schema_set *set)
{
    for (size_t i = 0; i < set->source_count; i++) {
        char name[SCHEMA_NAME_MAX + 16];
        (void)snprintf(name, sizeof(name), "records_%s.c",
                       set->sources[i].stem);
        FILE *out = open_output(folder, name);
        if (out == NULL)
            return false;
        emit_file(out, set, i);
        if (!close_output(out))
            return false;
    }
    return true;
}

static bool write_header(const char *folder, const char *name,
                         const struct schema_set *set,
                         void (*emit)(FILE *, const struct schema_set *))
{
    FILE *out = open_output(folder, name);
    if (out == NULL)
        return false;
    emit(out, set);
    return close_output(out);
}

static bool write_table(const char *folder, const struct schema_set *sets,
                        size_t count, bool strict)
{
    FILE *out = open_output(folder, "records_table.c");
    if (out == NULL)
        return false;
    const enum emit_result result =
        emit_table(out, &sets[0], &sets[1], count - 1);
    if (!close_output(out) || result == EMIT_FAILED)
        return false;
    return result == EMIT_OK || !strict;
}

/* sets[0] is today's release. 0: refused. */
static size_t read_sets(struct schema_set *sets, char **paths)
{
    size_t count = 1;
    for (; *paths != NULL; paths++) {
        if (strcmp(*paths, "--history") == 0) {
            if (++count > RELEASE_MAX)
                return 0;
            continue;
        }
        if (!schema_add_file(&sets[count - 1], *paths))
            return 0;
    }
    return count;
}

int main(int argc, char **argv)
{
    const bool strict = argc > 1 && strcmp(argv[1], "--strict") == 0;
    char **args = argv + (strict ? 2 : 1);
    if (argc < (strict ? 4 : 3)) {
        fputs("avro2c [--strict] OUT_FOLDER FILE.avsc... "
              "[--history FILE.avsc...]...\n",
              stderr);
        return EXIT_FAILURE;
    }
    struct schema_set *sets = calloc(RELEASE_MAX, sizeof(*sets));
    const size_t count = sets != NULL ? read_sets(sets, args + 1) : 0;
    const char *folder = args[0];
    const bool made =
        count > 0 &&
        write_header(folder, "records.h", &sets[0], emit_records_header) &&
        write_header(folder, "records_codec.h", &sets[0], emit_codec_header) &&
        write_files(folder, &sets[0]) &&
        write_table(folder, sets, count, strict);
    for (size_t i = 0; sets != NULL && i < RELEASE_MAX; i++)
        schema_fini(&sets[i]);
    free(sets);
    return made ? EXIT_SUCCESS : EXIT_FAILURE;
}
