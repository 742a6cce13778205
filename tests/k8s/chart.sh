#!/usr/bin/env bash
# What can be known of the chart without a cluster.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/k8s/lib.sh
command -v helm >/dev/null || skip "no helm"

chart=helm/causeway
least="--set kafka.brokers=kafka:9092,postgres.existingSecret=pg,console.existingSecret=con"
# shellcheck disable=SC2086
render() { helm template test "$chart" --kube-version 1.34.4 $least "$@"; }
refused() { # WORDS ARGS...: rendering fails and says WORDS
    local words=$1 out; shift
    if out=$("$@" 2>&1); then fail "accepted: $*"; fi
    grep -q -- "$words" <<<"$out" || fail "does not say '$words': $out"
}
selectors() { grep -A4 -E 'matchLabels:|^  selector:' | sort; }

# shellcheck disable=SC2086
helm lint --strict "$chart" $least >/dev/null || fail "helm lint"
refused "kafka.brokers is required" helm template test "$chart"
refused "postgres.existingSecret is required" helm template test "$chart" --set kafka.brokers=k:9092,console.existingSecret=c
refused "console.existingSecret is required" helm template test "$chart" --set kafka.brokers=k:9092,postgres.existingSecret=p
refused "enbled" render --set detector.enbled=true
refused "open-surprse" render --set detector.config.detector.open-surprse=6
refused "effect.usr" render --set 'remediator.config.effect\.usr=x'
render --set detector.config.detector.open-surprise=6 --set 'normalizer.config.normalizer\.topics=a=ecs' >/dev/null || fail "options that are"
render --set remediator.policy=policies: | grep -q EFFECT_INSECURE_SAME_USER || fail "a policy whose commands have no user"
refused "partitions" render --set topics.partitions=0

[ "$(render | selectors)" = "$(render --set image.tag=9.9.9 | selectors)" ] || fail "a version is in a selector"
[ -z "$(render | grep -E 'kind: (Secret|ServiceMonitor|PrometheusRule)$')" ] || fail "rendered without being asked for"
[ "$(render --set global.imageRegistry=registry.example.org | grep 'image:' | grep -vc 'registry.example.org/')" = 0 ] || fail "an image without the registry"
[ "$(render --set detector.enabled=false | grep -c 'kind: StatefulSet')" = 7 ] || fail "detector.enabled=false"
render --set detector.image.digest=sha256:$(printf '0%.0s' $(seq 64)) | grep -q '/detector@sha256:0' || fail "digest"

every='{"extraEnv":[{"name":"EXTRA_SEEN","value":"1"}],"podLabels":{"team":"seen"},"podAnnotations":{"note":"seen"},"priorityClassName":"seen",
 "nodeSelector":{"disk":"seen"},"tolerations":[{"key":"seen","operator":"Exists"}],"extraVolumes":[{"name":"seen","emptyDir":{}}],
 "extraVolumeMounts":[{"name":"seen","mountPath":"/seen"}],"extraEnvFrom":[{"configMapRef":{"name":"seen"}}],
 "affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[]}},
 "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"seen","whenUnsatisfiable":"ScheduleAnyway"}]}'
for mark in EXTRA_SEEN 'team: seen' 'note: seen' 'priorityClassName: seen' 'disk: seen' 'key: seen' 'mountPath: /seen' 'name: seen' podAntiAffinity 'topologyKey: seen'; do
    [ "$(render --set-json "defaults=$every" | grep -c -- "$mark")" -ge 9 ] || fail "'$mark' does not reach every service"
done

long=$(printf 'x%.0s' $(seq 53))
# shellcheck disable=SC2086
over=$(helm template "$long" "$chart" --kube-version 1.34.4 $least \
    | awk '/^kind:/ {kind = $2} /^  name:/ && length($2) > (kind == "StatefulSet" ? 52 : 63) {print $2}')
[ -z "$over" ] || fail "names too long for a pod's label: $over"
if command -v kubeconform >/dev/null && [ -n "${SCHEMA_LOCATION:-}" ]; then
    render | kubeconform -strict -schema-location "$SCHEMA_LOCATION" || fail "kubeconform"
fi
say "chart: passed"
