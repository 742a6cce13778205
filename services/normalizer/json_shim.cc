#include "json_shim.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <simdjson.h>
#include <string>
#include <type_traits>

namespace dom = simdjson::dom;

/* A value is handed to C as the two words simdjson keeps in it. */
static_assert(sizeof(dom::element) == sizeof(tree_value), "element is opaque");
static_assert(sizeof(dom::array::iterator) == sizeof(tree_value), "iterator");
static_assert(sizeof(dom::object::iterator) == sizeof(tree_value), "iterator");
static_assert(std::is_trivially_copyable<dom::element>::value, "by memcpy");

struct tree_parser {
    explicit tree_parser(size_t max_size) : parser(max_size)
    {
    }
    dom::parser parser;
};

namespace
{
template <typename To, typename From> To as(const From &from)
{
    static_assert(sizeof(To) == sizeof(From), "same words");
    To to{};
    std::memcpy(static_cast<void *>(&to), static_cast<const void *>(&from),
                sizeof(to));
    return to;
}

bool is_there(tree_value value)
{
    return value.document != nullptr;
}

bool is_text_fault(simdjson::error_code code)
{
    return code == simdjson::UTF8_ERROR || code == simdjson::STRING_ERROR ||
           code == simdjson::UNESCAPED_CHARS;
}

/* cw_fail is declared for C in a header C++ reads too: named here. */
cw_status refuse(cw_error *err, cw_status status, const char *why)
{
    size_t size = std::strlen(why);
    if (size > sizeof(err->text) - 1)
        size = sizeof(err->text) - 1;
    std::memcpy(err->text, why, size);
    err->text[size] = '\0';
    err->status = status;
    return status;
}
} // namespace

cw_status tree_parser_create(tree_parser **made, size_t max_size, cw_error *err)
{
    tree_parser *parser = new (std::nothrow) tree_parser(max_size);
    if (parser == nullptr)
        return refuse(err, CW_NO_MEMORY, "json parser");
    *made = parser;
    return CW_OK;
}

void tree_parser_destroy(tree_parser **parser)
{
    delete *parser;
    *parser = nullptr;
}

/* simdjson keeps the depth of its first allocation, so it is made here. */
static simdjson::error_code make_room(dom::parser &parser, size_t size)
{
    if (parser.capacity() >= size && parser.max_depth() == TREE_DEPTH_MAX)
        return simdjson::SUCCESS;
    if (size > parser.max_capacity())
        return simdjson::CAPACITY;
    size_t room = 4096;
    while (room < size)
        room *= 2;
    if (room > parser.max_capacity())
        room = parser.max_capacity();
    return parser.allocate(room, TREE_DEPTH_MAX);
}

cw_status tree_parse(tree_parser *parser, cw_text bytes, tree_value *root,
                     tree_fault *fault, cw_error *err)
{
    *fault = TREE_FAULT_OTHER;
    if (bytes.size == 0)
        return refuse(err, CW_BAD_RECORD, "empty JSON");
    simdjson::error_code code = make_room(parser->parser, bytes.size);
    dom::element element;
    if (code == simdjson::SUCCESS)
        code = parser->parser.parse(bytes.bytes, bytes.size, true).get(element);
    if (code == simdjson::CAPACITY)
        return refuse(err, CW_TOO_LARGE, simdjson::error_message(code));
    if (code == simdjson::MEMALLOC)
        return refuse(err, CW_NO_MEMORY, simdjson::error_message(code));
    if (code != simdjson::SUCCESS) {
        if (is_text_fault(code))
            *fault = TREE_FAULT_TEXT;
        return refuse(err, CW_BAD_RECORD, simdjson::error_message(code));
    }
    *fault = TREE_FINE;
    *root = as<tree_value>(element);
    return CW_OK;
}

tree_type tree_type_of(tree_value value)
{
    if (!is_there(value))
        return TREE_NONE;
    switch (as<dom::element>(value).type()) {
    case dom::element_type::ARRAY:
        return TREE_ARRAY;
    case dom::element_type::OBJECT:
        return TREE_OBJECT;
    case dom::element_type::INT64:
        return TREE_INT;
    case dom::element_type::UINT64:
        return TREE_UINT;
    case dom::element_type::DOUBLE:
        return TREE_DOUBLE;
    case dom::element_type::STRING:
        return TREE_STRING;
    case dom::element_type::BOOL:
        return TREE_BOOL;
    case dom::element_type::NULL_VALUE:
        return TREE_NULL;
    }
    return TREE_NONE;
}

tree_value tree_get(tree_value object, cw_text key)
{
    dom::object fields;
    dom::element found;
    if (!is_there(object) || as<dom::element>(object).get(fields))
        return tree_value{nullptr, 0};
    if (fields.at_key(std::string_view(key.bytes, key.size)).get(found))
        return tree_value{nullptr, 0};
    return as<tree_value>(found);
}

cw_text tree_string(tree_value value)
{
    std::string_view text;
    if (!is_there(value) || as<dom::element>(value).get(text))
        return cw_text{nullptr, 0};
    return cw_text{text.data(), text.size()};
}

bool tree_number(tree_value value, double *number)
{
    return is_there(value) && !as<dom::element>(value).get(*number);
}

bool tree_integer(tree_value value, int64_t *integer)
{
    return is_there(value) && !as<dom::element>(value).get(*integer);
}

bool tree_true(tree_value value)
{
    bool yes = false;
    return is_there(value) && !as<dom::element>(value).get(yes) && yes;
}

size_t tree_write(tree_value value, char *out, size_t room)
{
    if (!is_there(value))
        return 0;
    try {
        const std::string text = simdjson::minify(as<dom::element>(value));
        if (room > 0)
            std::memcpy(out, text.data(),
                        text.size() < room ? text.size() : room);
        return text.size();
    } catch (const std::bad_alloc &) {
        return 0;
    }
}

struct tree_walk tree_walk_of(tree_value value)
{
    struct tree_walk walk = {{nullptr, 0}, {nullptr, 0}, false};
    dom::array items;
    dom::object fields;
    if (!is_there(value))
        return walk;
    if (!as<dom::element>(value).get(items)) {
        walk.at = as<tree_value>(items.begin());
        walk.end = as<tree_value>(items.end());
    } else if (!as<dom::element>(value).get(fields)) {
        walk.at = as<tree_value>(fields.begin());
        walk.end = as<tree_value>(fields.end());
        walk.object = true;
    }
    return walk;
}

static bool next_field(struct tree_walk *walk, cw_text *key, tree_value *value)
{
    /* memcpy into a live iterator: its constructor is simdjson's own. */
    dom::object::iterator at = as<dom::object::iterator>(walk->at);
    const std::string_view name = at.key();
    if (key != nullptr)
        *key = cw_text{name.data(), name.size()};
    *value = as<tree_value>(at.value());
    ++at;
    walk->at = as<tree_value>(at);
    return true;
}

bool tree_walk_next(struct tree_walk *walk, cw_text *key, tree_value *value)
{
    if (walk->at.index >= walk->end.index)
        return false;
    if (walk->object)
        return next_field(walk, key, value);
    dom::array::iterator at = as<dom::array::iterator>(walk->at);
    *value = as<tree_value>(*at);
    ++at;
    walk->at = as<tree_value>(at);
    return true;
}
