/*
 * entity - which thing a set of labels speaks of.
 *
 * Place    draft, formats: labels -> [entity] -> route of the record
 * Output   kind and name; the first rule that finds a name wins:
 *   volume     metric of a file system with host and mountpoint:
 *              "<host>:<mount>"
 *   service    service.name, service, service_name, app, application,
 *              app.kubernetes.io/name (and _ for . /), then the workload:
 *              k8s.deployment.name, deployment, statefulset, daemonset,
 *              cronjob, job_name, then job unless it is an exporter that
 *              speaks for its host (node, kubelet, cadvisor, ... or a metric
 *              named node_*)
 *   service    of a pod name: without replica set and pod hash
 *              ("cart-5f55b6cf68-77cfw" -> cart); kind pod when there is none
 *   container  container.name, container
 *   host       host.name, host, hostname, node, k8s.node.name, instance,
 *              without ":port"
 *   fallback   given by the caller
 *          component is never an entity: it tells apart the series of one
 * Limits   "unknown_service" (OpenTelemetry's default) says nothing
 * Threads  pure
 * Source   OpenTelemetry resource conventions; ECS; Prometheus relabelling
 */
#ifndef NORMALIZER_ENTITY_H
#define NORMALIZER_ENTITY_H

#include <stdbool.h>

#include "base/arena.h"
#include "labels.h"

/* Texts borrow labels, metric or arena; metric may be empty. */
struct cw_entity entity_of(const struct labels *labels, struct cw_text metric,
                           struct cw_entity fallback, struct cw_arena *arena);

/* "cart-5f55b6cf68-77cfw" -> "cart"; the name itself when it has no hash. */
struct cw_text entity_workload_of_pod(struct cw_text pod);

/* "web-01:9100" -> "web-01"; "[::1]:80" -> "::1". */
struct cw_text entity_host_of_instance(struct cw_text instance);

#endif
