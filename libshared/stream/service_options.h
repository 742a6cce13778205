/*
 * service_options - the options every stream service has.
 *
 * Place    service, docs, chart
 * Threads  pure
 */
#ifndef CW_STREAM_SERVICE_OPTIONS_H
#define CW_STREAM_SERVICE_OPTIONS_H

#include "stream/service.h"

extern const struct cw_option cw_service_option_rows[];
extern const size_t cw_service_option_count;

#endif
