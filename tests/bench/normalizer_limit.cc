/* What simdjson alone needs for the same bytes: the ratio of normalizer_bench
 * is against this, in the same run. */
#include <simdjson.h>

extern "C" bool normalizer_limit_parse(const char *bytes, size_t size);

extern "C" bool normalizer_limit_parse(const char *bytes, size_t size)
{
    static thread_local simdjson::dom::parser parser;
    simdjson::dom::element root;
    return !parser.parse(bytes, size).get(root);
}
