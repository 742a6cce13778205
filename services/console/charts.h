/*
 * charts - small pictures as inline SVG, drawn on the server.
 *
 * Place    pages -> [charts] -> html
 * Limits   60 values a chart, 16 nodes and 60 edges a map; what is more is
 *          left out and said so
 * Threads  pure
 */
#ifndef CONSOLE_CHARTS_H
#define CONSOLE_CHARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "html.h"

#define CHART_VALUES 60
#define CHART_NODES  16
#define CHART_EDGES  60

struct chart_value {
    const char *label; /* borrowed */
    double value;
    bool known;
};

/* Columns with a scale; unit stands behind the largest value. */
void chart_columns(struct html *html, const char *title, const char *unit,
                   const struct chart_value *values, size_t count);

/* One line: the band from lower to upper, a tick where the value was expected
 * and a dot where it was. Nothing for values that are not finite. */
struct chart_band {
    double actual, expected, lower, upper;
    bool has_band;
};
void chart_band(struct html *html, const struct chart_band *band);

/* Who calls whom; the nodes that are hurt stand out. */
struct chart_edge {
    const char *from; /* borrowed */
    const char *to;
    bool from_hurt, to_hurt;
};
void chart_map(struct html *html, const struct chart_edge *edges, size_t count);

/* "0.012", "1.5k", "3.2M": three digits, for labels. out holds 16 bytes. */
void chart_number(double value, char out[16]);

#endif
