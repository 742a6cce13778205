/*
 * schema - the named types of our .avsc files, as the emitter needs them.
 *
 * Place    .avsc files -> [schema] -> emit
 * Input    each file a JSON array of records and enums; a type may name one
 *          of an earlier file. Of Avro only what the records use: boolean,
 *          int, long, double, string, bytes, enum, record, array of those
 * Output   types in the order C needs them: what is nested comes first
 * Limits   SCHEMA_TYPE_MAX types, SCHEMA_FIELD_MAX fields or symbols each; no
 *          recursive types. Anything else stops the build with its name
 * Threads  one owner thread
 * Source   Apache Avro 1.11 specification: Parsing Canonical Form, Schema
 *          Fingerprints (CRC-64-AVRO)
 */
#ifndef GEN_SCHEMA_H
#define GEN_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCHEMA_TYPE_MAX  256
#define SCHEMA_FIELD_MAX 64
#define SCHEMA_NAME_MAX  64
#define SCHEMA_FILE_MAX  32

enum kind {
    KIND_BOOLEAN,
    KIND_INT,
    KIND_LONG,
    KIND_DOUBLE,
    KIND_STRING,
    KIND_BYTES,
    KIND_RECORD,
    KIND_ENUM
};

struct named;

struct field {
    const char *name;          /* borrowed from the JSON, as all below */
    const char *doc;           /* NULL = none */
    enum kind kind;            /* of the items when is_array */
    const struct named *named; /* KIND_RECORD, KIND_ENUM */
    bool is_array;
    bool is_volatile;
    json_t *fallback; /* default for writers without it; NULL = none */
    json_t *aliases;  /* names earlier writers gave it; NULL = none */
};

struct named {
    enum kind kind; /* KIND_RECORD or KIND_ENUM */
    const char *name;
    const char *doc;
    const char *topic; /* NULL = not a message */
    char full[2 * SCHEMA_NAME_MAX];
    char snake[SCHEMA_NAME_MAX]; /* MetricRun -> metric_run */
    char upper[SCHEMA_NAME_MAX]; /* METRIC_RUN */
    json_t *definition;          /* borrowed */
    size_t file;                 /* index of its source */
    size_t min_size;             /* fewest bytes it encodes to */
    bool in_array;               /* some field is an array of it */
    struct field fields[SCHEMA_FIELD_MAX];
    size_t field_count;
    const char *symbols[SCHEMA_FIELD_MAX];
    size_t symbol_count;
    int default_symbol; /* -1 = none */
};

struct source {
    char stem[SCHEMA_NAME_MAX]; /* "10_telemetry" */
    uint64_t hash;              /* CRC-64-AVRO of its bytes */
    json_t *root;               /* owned */
};

struct schema_set {
    struct source sources[SCHEMA_FILE_MAX];
    size_t source_count;
    struct named types[SCHEMA_TYPE_MAX];
    size_t type_count;
};

/* Adds one file. False: said on stderr why. */
bool schema_add_file(struct schema_set *set, const char *path);
void schema_fini(struct schema_set *set);

/* The schema alone, types it names written out at their first use. canonical
 * = Parsing Canonical Form. The caller frees; NULL: no memory. */
char *schema_text(const struct schema_set *set, const struct named *type,
                  bool canonical);

/* Index of the type of that name, short or full; type_count = none. */
size_t schema_find(const struct schema_set *set, const char *name);

/* CRC-64-AVRO of the Parsing Canonical Form. False: no memory. */
bool schema_fingerprint(const struct schema_set *set, const struct named *type,
                        uint64_t *fingerprint);
uint64_t schema_crc64(const void *bytes, size_t size);

#endif
