/*
 * documents - the JSON values in the value of one Kafka record.
 *
 * Place    core: bytes -> [documents] -> a format's element reader
 * Input    one document, a list at the top (its items are read one by one),
 *          lines of JSON, objects one after another without anything between;
 *          byte order mark, CRLF and blanks or NULs around are fine
 * Output   each element to the reader, parts numbered over the whole record.
 *          A document that is not JSON is refused alone when there are several
 * Limits   a value that never closes is sought to the end of the record
 *          sixteen times, then to the end of its line; a record of more parts
 *          than the draft takes is read no further
 *          broken UTF-8, lone surrogates and raw control characters in strings
 *          are mended (U+FFFD, blank), since a log line must not be lost over
 *          one byte
 * Threads  one owner thread
 */
#ifndef NORMALIZER_DOCUMENTS_H
#define NORMALIZER_DOCUMENTS_H

#include "formats/format.h"

/* CW_BAD_RECORD: not one element could be read. CW_TOO_LARGE. */
CW_MUST_USE enum cw_status documents_read(struct tree_parser *parser,
                                          struct draft *draft,
                                          struct cw_text bytes,
                                          format_element *read,
                                          struct cw_error *err);

/* Without byte order mark and what is blank at either end. */
struct cw_text documents_trim(struct cw_text bytes);

/* First document of bytes, mended if need be: to tell the format by. */
CW_MUST_USE enum cw_status documents_first(struct tree_parser *parser,
                                           struct cw_text bytes,
                                           struct cw_arena *arena,
                                           struct tree_value *root,
                                           struct cw_error *err);

#endif
