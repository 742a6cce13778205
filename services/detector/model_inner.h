/*
 * model_inner - what judging and learning of a model share.
 *
 * Place    model.c judges, model_learn.c learns; nobody else
 * Threads  pure
 */
#ifndef DETECTOR_MODEL_INNER_H
#define DETECTOR_MODEL_INNER_H

#include "model.h"

extern const double model_window_s[VIEW_WINDOWS]; /* seconds */

static inline double larger(double a, double b)
{
    return a > b ? a : b;
}

static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double clipped(double x, double most)
{
    return x > most ? most : x < -most ? -most : x;
}

/* Samples the slow level remembers. */
double model_slow_count(const struct model *model);

/* A whole number of quanta; 0 = of ones. */
bool model_is_whole(double value, double quantum);

/* What this series may move by without anybody calling it a move. */
double model_noise_floor(const struct model *model,
                         const struct model_nature *nature, double value);

/* Standard deviation around the level, at least least. */
double model_usual_deviation(const struct model *model, double least);

#endif
