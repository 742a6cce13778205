#!/usr/bin/env bash
# The chart on a real cluster (KUBECONFIG), in a namespace that enforces PodSecurity "restricted", with a Kafka and a PostgreSQL of the
# test's own: install --wait, test, the story, a second detector, a pod killed, uninstall.
#
#   CLUSTER_IMPORT="COMMAND"     brings an archive of images into the cluster (default: kind load image-archive)
#   CLUSTER_VOLUME_FOLDER=/path  a folder on the node for the one volume, where there is no provisioner; none: without persistence
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/lib/setup.sh
. tests/k8s/lib.sh

need_docker
command -v helm >/dev/null || skip "no helm"
command -v kubectl >/dev/null || skip "no kubectl"
kubectl get --raw /readyz >/dev/null 2>&1 || skip "no cluster answers (KUBECONFIG)"
choose_servers
build_images

space=causeway-test-$$
kube() { kubectl -n "$space" "$@"; }
produce() { kube exec -i deploy/kafka -- /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server kafka:9092 --topic metrics; }
sql() { kube exec deploy/postgres -- env PGPASSWORD=test-only psql -h 127.0.0.1 -U causeway -d causeway -Atqc "$1"; }
clean() {
    helm -n "$space" uninstall cw --wait --timeout 60s >/dev/null 2>&1
    kubectl delete namespace "$space" --timeout 90s >/dev/null 2>&1
    kubectl delete pv "$space" --wait=false >/dev/null 2>&1
    rm -f "$archive"
}
show() {
    kube get pods -o wide >&2; kube get events --sort-by=.lastTimestamp 2>/dev/null | tail -15 >&2
    for pod in $(kube get pods -o name | grep causeway); do say "$pod"; kube logs "$pod" --tail 4 >&2 || true; done
}

archive=$(mktemp --suffix .tar); trap clean EXIT
images="${KAFKA_IMAGE:-apache/kafka:4.1.0} ${POSTGRES_IMAGE:-postgres:17}"
for name in $NAMES; do images="$images causeway/$name:$TAG"; done
# shellcheck disable=SC2086
docker save -o "$archive" $images
${CLUSTER_IMPORT:-kind load image-archive} "$archive" >/dev/null || fail "the images do not reach the cluster (CLUSTER_IMPORT)"

kubectl create namespace "$space" >/dev/null
kubectl label namespace "$space" pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/warn=restricted >/dev/null
sed "s|KAFKA_IMAGE|${KAFKA_IMAGE:-apache/kafka:4.1.0}|; s|POSTGRES_IMAGE|${POSTGRES_IMAGE:-postgres:17}|" tests/k8s/servers.yaml | kube apply -f - >/dev/null
kube rollout status deploy/kafka --timeout 180s >/dev/null || { show; fail "Kafka"; }
kube rollout status deploy/postgres --timeout 120s >/dev/null || { show; fail "PostgreSQL"; }
kube create secret generic database --from-literal url=postgresql://causeway:test-only@postgres:5432/causeway >/dev/null
kube create secret generic console --from-literal password=let-me-in >/dev/null

storage="remediator.persistence.enabled=false"
if [ -n "${CLUSTER_VOLUME_FOLDER:-}" ]; then
    mkdir -p "$CLUSTER_VOLUME_FOLDER/$space"
    node=$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')
    sed "s|VOLUME_NAME|$space|; s|VOLUME_FOLDER|$CLUSTER_VOLUME_FOLDER/$space|; s|VOLUME_NODE|$node|" tests/k8s/volume.yaml | kubectl apply -f - >/dev/null
    storage="remediator.persistence.storageClass=$space"
fi
settings="kafka.brokers=kafka:9092,postgres.existingSecret=database,console.existingSecret=console,topics.partitions=4,topics.raw={metrics:2,alerts:1},$storage"

began=$(date +%s)
helm -n "$space" install cw helm/causeway --set "$settings" --set image.tag="$TAG" --wait --timeout 240s >/dev/null || { show; fail "helm install --wait"; }
say "helm install --wait: $(seconds "$began")"
! kube get events -o jsonpath='{.items[*].message}' | grep -q 'violates PodSecurity' || fail "PodSecurity"
began=$(date +%s)
helm -n "$space" test cw --logs --timeout 120s >/tmp/test.$$ 2>&1 || { cat /tmp/test.$$ >&2; rm -f /tmp/test.$$; show; fail "helm test"; }
rm -f /tmp/test.$$
say "helm test: $(seconds "$began")"

tell_story produce sql

began=$(date +%s)
helm -n "$space" upgrade cw helm/causeway --set "$settings" --set image.tag="$TAG" --set detector.replicas=2 --wait --timeout 180s >/dev/null || { show; fail "helm upgrade"; }
say "helm upgrade, two detectors: $(seconds "$began")"
kube delete pod cw-causeway-correlator-0 --grace-period=0 --force >/dev/null 2>&1
kube rollout status statefulset/cw-causeway-correlator --timeout 120s >/dev/null || { show; fail "the correlator does not come back"; }
sleep 5
[ "$(sql "select count(*) from causeway.incident_overview")" = 1 ] || fail "a killed pod made another incident"
say "a pod killed: back, still one incident"

began=$(date +%s)
helm -n "$space" uninstall cw --cascade foreground --wait --timeout 90s >/dev/null || fail "helm uninstall"
left=60
while kube get pods -o name | grep -q causeway && [ $left -gt 0 ]; do sleep 1; left=$((left - 1)); done
[ $left -gt 0 ] || fail "pods are left after uninstall"
say "helm uninstall: $(seconds "$began")"
say "cluster: passed"
