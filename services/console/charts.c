#include "charts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH  640.0
#define HEIGHT 160.0
#define TOP    18.0
#define BASE   140.0

void chart_number(double value, char out[16])
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    size_t unit = 0;
    double size = fabs(value);
    while (size >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        size /= 1000.0;
        unit++;
    }
    if (!(size < 1e6)) { /* beyond the units, or not a number */
        (void)snprintf(out, 16, "%.2g", value);
        return;
    }
    (void)snprintf(out, 16, "%s%.3g%s", value < 0.0 ? "-" : "", size,
                   units[unit]);
}

static double largest(const struct chart_value *values, size_t count)
{
    double most = 0.0;
    for (size_t i = 0; i < count; i++)
        if (values[i].known && isfinite(values[i].value) &&
            values[i].value > most)
            most = values[i].value;
    return most;
}

void chart_columns(struct html *html, const char *title, const char *unit,
                   const struct chart_value *values, size_t count)
{
    const size_t shown = count < CHART_VALUES ? count : CHART_VALUES;
    const double most = largest(values, shown);
    const double step = shown ? (WIDTH - 20.0) / (double)shown : 0.0;
    char top[16];
    chart_number(most, top);
    html_raw(html, "<figure><figcaption>");
    html_str(html, title);
    html_rawf(html,
              "</figcaption><svg class=\"chart\" viewBox=\"0 0 %g %g\" "
              "role=\"img\"><line class=\"axis\" x1=\"10\" y1=\"%g\" x2=\"%g\" "
              "y2=\"%g\"/><line class=\"grid\" x1=\"10\" y1=\"%g\" x2=\"%g\" "
              "y2=\"%g\"/><text class=\"tick\" x=\"10\" y=\"%g\">%s ",
              WIDTH, HEIGHT, BASE, WIDTH - 10.0, BASE, TOP, WIDTH - 10.0, TOP,
              TOP - 5.0, top);
    html_str(html, unit);
    html_raw(html, "</text>");
    for (size_t i = 0; i < shown; i++) {
        const double x = 10.0 + step * (double)i;
        const bool drawn =
            values[i].known && values[i].value > 0.0 && most > 0.0;
        const double tall =
            drawn ? fmax(1.0, (BASE - TOP) * values[i].value / most) : 0.0;
        char number[16];
        chart_number(values[i].value, number);
        html_rawf(html,
                  "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                  "height=\"%.1f\"><title>",
                  x + step * 0.12, BASE - tall, step * 0.76, tall);
        html_str(html, values[i].label);
        html_rawf(html, ": %s ", values[i].known ? number : "none");
        html_str(html, values[i].known ? unit : "");
        html_raw(html, "</title></rect>");
        if (i % 7 == (shown - 1) % 7) {
            html_rawf(html, "<text class=\"tick middle\" x=\"%.1f\" y=\"%g\">",
                      x + step * 0.5, HEIGHT - 5.0);
            html_str(html, values[i].label);
            html_raw(html, "</text>");
        }
    }
    html_raw(html, "</svg></figure>");
}

static double placed(double value, double low, double high)
{
    return 6.0 + 148.0 * (value - low) / (high - low);
}

void chart_band(struct html *html, const struct chart_band *band)
{
    if (!isfinite(band->actual) || !isfinite(band->expected))
        return;
    const bool boxed = band->has_band && isfinite(band->lower) &&
                       isfinite(band->upper) && band->upper >= band->lower;
    double low = fmin(band->actual, band->expected);
    double high = fmax(band->actual, band->expected);
    if (boxed) {
        low = fmin(low, band->lower);
        high = fmax(high, band->upper);
    }
    if (!(high > low)) { /* all the same: draw it in the middle */
        low -= 1.0;
        high += 1.0;
    }
    if (!isfinite(high - low))
        return;
    html_raw(html,
             "<svg class=\"band\" viewBox=\"0 0 160 18\" role=\"img\">"
             "<line class=\"grid\" x1=\"2\" y1=\"9\" x2=\"158\" y2=\"9\"/>");
    if (boxed) {
        const double x = placed(band->lower, low, high);
        html_rawf(html,
                  "<rect class=\"range\" x=\"%.1f\" y=\"4\" width=\"%.1f\" "
                  "height=\"10\" rx=\"2\"/>",
                  x, fmax(1.0, placed(band->upper, low, high) - x));
    }
    html_rawf(
        html,
        "<line class=\"expected\" x1=\"%.1f\" y1=\"3\" x2=\"%.1f\" "
        "y2=\"15\"/><circle class=\"actual\" cx=\"%.1f\" cy=\"9\" r=\"4\"/>"
        "</svg>",
        placed(band->expected, low, high), placed(band->expected, low, high),
        placed(band->actual, low, high));
}

/* ---- the map ---- */

struct node {
    const char *name;
    bool hurt;
    double x, y;
};

static size_t node_of(struct node nodes[CHART_NODES], size_t *count,
                      const char *name, bool hurt)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(nodes[i].name, name) == 0)
            return i;
    if (*count == CHART_NODES)
        return CHART_NODES;
    nodes[*count] = (struct node){.name = name, .hurt = hurt};
    return (*count)++;
}

/* Callers to the left of whom they call, as far as cycles allow: a node's
 * column is the longest way to it, by CHART_NODES rounds of relaxation. */
static void place_nodes(struct node *nodes, size_t count,
                        const size_t (*pairs)[2], size_t pair_count)
{
    size_t column[CHART_NODES] = {0};
    size_t used[CHART_NODES] = {0};
    size_t in_column[CHART_NODES] = {0};
    for (size_t round = 0; round + 1 < count; round++)
        for (size_t i = 0; i < pair_count; i++)
            if (column[pairs[i][1]] < column[pairs[i][0]] + 1 &&
                column[pairs[i][0]] + 1 < 5)
                column[pairs[i][1]] = column[pairs[i][0]] + 1;
    for (size_t i = 0; i < count; i++)
        in_column[column[i]]++;
    for (size_t i = 0; i < count; i++) {
        const double rows = (double)in_column[column[i]];
        nodes[i].x = 80.0 + 120.0 * (double)column[i];
        nodes[i].y = 240.0 * ((double)used[column[i]]++ + 0.5) / rows + 10.0;
    }
}

static void draw_edge(struct html *html, const struct node *from,
                      const struct node *to)
{
    const double dx = to->x - from->x;
    const double dy = to->y - from->y;
    const double length = fmax(1.0, hypot(dx, dy));
    html_rawf(html,
              "<line class=\"edge\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
              "y2=\"%.1f\" marker-end=\"url(#tip)\"/>",
              from->x + 9.0 * dx / length, from->y + 9.0 * dy / length,
              to->x - 13.0 * dx / length, to->y - 13.0 * dy / length);
}

void chart_map(struct html *html, const struct chart_edge *edges, size_t count)
{
    struct node nodes[CHART_NODES];
    size_t pairs[CHART_EDGES][2];
    size_t node_count = 0;
    size_t pair_count = 0;
    for (size_t i = 0; i < count && pair_count < CHART_EDGES; i++) {
        const size_t from =
            node_of(nodes, &node_count, edges[i].from, edges[i].from_hurt);
        const size_t to =
            node_of(nodes, &node_count, edges[i].to, edges[i].to_hurt);
        if (from == to || from == CHART_NODES || to == CHART_NODES)
            continue;
        pairs[pair_count][0] = from;
        pairs[pair_count][1] = to;
        pair_count++;
    }
    place_nodes(nodes, node_count, pairs, pair_count);
    html_raw(html,
             "<svg class=\"map\" viewBox=\"0 0 640 270\" role=\"img\"><defs>"
             "<marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
             "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path "
             "class=\"tip\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>");
    for (size_t i = 0; i < pair_count; i++)
        draw_edge(html, &nodes[pairs[i][0]], &nodes[pairs[i][1]]);
    for (size_t i = 0; i < node_count; i++) {
        html_rawf(html,
                  "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"8\"/>"
                  "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">",
                  nodes[i].hurt ? "hurt" : "node", nodes[i].x, nodes[i].y,
                  nodes[i].x, nodes[i].y + 22.0);
        html_str(html, nodes[i].name);
        html_raw(html, "</text>");
    }
    html_raw(html, "</svg>");
    if (pair_count < count)
        html_rawf(html, "<p class=\"quiet\">%zu of %zu edges are drawn.</p>",
                  pair_count, count);
}
