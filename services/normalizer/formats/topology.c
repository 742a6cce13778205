/*
 * topology - dependencies as a CMDB or a person declares them.
 *
 * Input    {"edges":[{"source":"shop","target":"cart","kind":"calls"}]}; a
 *          name may be {"kind","name"}, a string is a service; kind defaults
 *          to calls; caller and callee are understood too
 *          "status":"resolved" takes the edges away again
 * Output   one event with all edges
 * Limits   EDGES_MAX edges a record; an edge without two names is refused
 *          alone. An empty list is a topology too: it says nothing
 */
#include "format.h"

#include "base/utf8.h"

#define EDGES_MAX 20000

static struct cw_text text_of(struct tree_value object, const char *key)
{
    return tree_string(tree_get(object, cw_text_of(key)));
}

static struct tree_value either(struct tree_value object, const char *key,
                                const char *other)
{
    const struct tree_value value = tree_get(object, cw_text_of(key));
    return tree_type_of(value) == TREE_NONE
               ? tree_get(object, cw_text_of(other))
               : value;
}

static struct cw_entity entity_at(struct tree_value value)
{
    if (tree_type_of(value) == TREE_STRING)
        return (struct cw_entity){CW_TEXT("service"), tree_string(value)};
    struct cw_entity entity = {text_of(value, "kind"), text_of(value, "name")};
    if (entity.kind.size == 0)
        entity.kind = CW_TEXT("service");
    return entity;
}

static bool read_edge(struct draft *draft, struct tree_value value,
                      struct cw_declared_edge *edge)
{
    edge->source = entity_at(either(value, "source", "caller"));
    edge->target = entity_at(either(value, "target", "callee"));
    edge->kind = text_of(value, "kind");
    if (edge->kind.size == 0)
        edge->kind = CW_TEXT("calls");
    if (!cw_utf8_is_empty(edge->source.name) &&
        !cw_utf8_is_empty(edge->target.name))
        return true;
    draft_refuse(draft, CW_BAD_RECORD, "edge without source or target");
    return false;
}

static size_t count_of(struct tree_value array)
{
    struct tree_walk walk = tree_walk_of(array);
    struct tree_value ignored;
    size_t count = 0;
    while (tree_walk_next(&walk, NULL, &ignored))
        count++;
    return count;
}

void read_topology(struct draft *draft, struct tree_value element)
{
    const struct tree_value list = tree_get(element, CW_TEXT("edges"));
    const size_t count = count_of(list);
    if (tree_type_of(list) != TREE_ARRAY || count > EDGES_MAX) {
        draft_refuse(draft, CW_BAD_RECORD, "no list of at most %d edges",
                     EDGES_MAX);
        return;
    }
    struct cw_declared_edge *edges =
        cw_arena_take(draft_arena(draft), count * sizeof(*edges));
    if (edges == NULL) {
        draft_refuse(draft, CW_TOO_LARGE, "no room for %zu edges", count);
        return;
    }
    struct cw_event event = {.kind = CW_EVENT_KIND_TOPOLOGY, .edges = edges};
    struct tree_walk walk = tree_walk_of(list);
    struct tree_value value;
    size_t index = 0;
    while (tree_walk_next(&walk, NULL, &value)) {
        draft_part(draft, index++, (struct cw_text){"", 0});
        if (read_edge(draft, value, &edges[event.edges_count]))
            event.edges_count++;
    }
    if (event.edges_count == 0) {
        draft_drop(draft, COUNT_DROP_SILENT);
        return;
    }
    if (cw_text_is(text_of(element, "status"), "resolved"))
        event.status = CW_EVENT_STATUS_RESOLVED;
    event.source = text_of(element, "source");
    event.dedup_key = CW_TEXT("topology");
    event.title = CW_TEXT("declared topology");
    event.starts_at = draft_kafka_at(draft);
    struct labels labels;
    labels_clear(&labels);
    draft_add_event(draft, &event, &labels);
}
