#include "stream/lags.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC_SIZE 256 /* Kafka's names have at most 249 bytes */

struct place {
    char topic[TOPIC_SIZE];
    int32_t partition;
    int64_t messages;
    double seconds;
};

struct list {
    struct place places[CW_LAGS_MAX];
    size_t count;
};

struct cw_lags {
    pthread_mutex_t lock; /* guards said */
    struct list said;
    struct list next;    /* the consumer's own */
    struct list exposed; /* the admin port's own */
};

enum cw_status cw_lags_create(struct cw_lags **made, struct cw_error *err)
{
    struct cw_lags *lags = calloc(1, sizeof(*lags));
    if (lags == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lags");
    (void)pthread_mutex_init(&lags->lock, NULL);
    *made = lags;
    return CW_OK;
}

void cw_lags_destroy(struct cw_lags **lags)
{
    if (*lags == NULL)
        return;
    (void)pthread_mutex_destroy(&(*lags)->lock);
    free(*lags);
    *lags = NULL;
}

void cw_lags_begin(struct cw_lags *lags)
{
    lags->next.count = 0;
}

void cw_lags_add(struct cw_lags *lags, const struct cw_lag *lag)
{
    if (lags->next.count == CW_LAGS_MAX || strlen(lag->topic) >= TOPIC_SIZE)
        return;
    struct place *place = &lags->next.places[lags->next.count++];
    (void)strncpy(place->topic, lag->topic, TOPIC_SIZE - 1);
    place->topic[TOPIC_SIZE - 1] = '\0';
    place->partition = lag->partition;
    place->messages = lag->messages;
    place->seconds = lag->seconds;
}

static void copy(struct list *to, const struct list *from)
{
    memcpy(to->places, from->places, from->count * sizeof(from->places[0]));
    to->count = from->count;
}

void cw_lags_end(struct cw_lags *lags)
{
    (void)pthread_mutex_lock(&lags->lock);
    copy(&lags->said, &lags->next);
    (void)pthread_mutex_unlock(&lags->lock);
}

/* ---- exposing ----------------------------------------------------------- */

struct labels {
    char number[16];
    struct cw_text values[3];
};

static void make_labels(struct labels *labels, const char *role,
                        const struct place *place)
{
    (void)snprintf(labels->number, sizeof(labels->number), "%" PRId32,
                   place->partition);
    labels->values[0] = cw_text_of(role);
    labels->values[1] = cw_text_of(place->topic);
    labels->values[2] = cw_text_of(labels->number);
}

static bool holds(const struct list *list, const struct place *place)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->places[i].partition == place->partition &&
            strcmp(list->places[i].topic, place->topic) == 0)
            return true;
    return false;
}

void cw_lags_expose(struct cw_lags *lags, struct cw_metrics *metrics,
                    size_t messages_row, size_t seconds_row, const char *role)
{
    struct labels labels;
    (void)pthread_mutex_lock(&lags->lock);
    for (size_t i = 0; i < lags->exposed.count; i++) {
        if (holds(&lags->said, &lags->exposed.places[i]))
            continue;
        make_labels(&labels, role, &lags->exposed.places[i]);
        cw_metrics_remove(metrics, messages_row, labels.values);
        cw_metrics_remove(metrics, seconds_row, labels.values);
    }
    copy(&lags->exposed, &lags->said);
    (void)pthread_mutex_unlock(&lags->lock);
    for (size_t i = 0; i < lags->exposed.count; i++) {
        const struct place *place = &lags->exposed.places[i];
        make_labels(&labels, role, place);
        cw_cell_set(cw_metrics_cell(metrics, messages_row, labels.values),
                    (double)place->messages);
        cw_cell_set(cw_metrics_cell(metrics, seconds_row, labels.values),
                    place->seconds);
    }
}
