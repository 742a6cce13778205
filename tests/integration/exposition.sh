#!/bin/sh
# exposition.sh BIN - what each service exposes, before it has found its brokers: /metrics in both formats as promtool wants it, one HELP and
# one TYPE a name, every name documented in docs/operations.md; GET and HEAD; liveness without Kafka, no readiness. The console, which needs no
# Kafka and is ready without PostgreSQL too: a reload, one that fails, and both ports gone on SIGTERM with exit 0.
# Exit 77: promtool or curl is not installed.
set -eu
command -v promtool >/dev/null && command -v curl >/dev/null || { echo "promtool or curl is not installed"; exit 77; }
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -KILL $pid 2>/dev/null; rm -rf "$work"' EXIT
failed=0
fail() { echo "$service: $*"; failed=1; }

start() { # options of the service beside the common ones are in the environment
    CAUSEWAY_KAFKA_BROKERS=127.0.0.1:1 CAUSEWAY_POSTGRES_URL=host=127.0.0.1 CAUSEWAY_EFFECT_STATE_FOLDER="$work/effect" CAUSEWAY_EFFECT_INSECURE_SAME_USER=true \
        CAUSEWAY_ADMIN_PORT=0 CAUSEWAY_CONSOLE_ADDRESS=127.0.0.2 CAUSEWAY_CONSOLE_PORT=0 CAUSEWAY_POSTGRES_CONNINFO=host=127.0.0.1 \
        "$bin/causeway-$service" --config "$work/options.yaml" 2>"$work/log" &
    pid=$!
    port=
    for _ in $(seq 100); do
        port=$(ss -ltnpH 2>/dev/null | sed -n "s/.*127\.0\.0\.1:\([0-9]*\) .*pid=$pid,.*/\1/p" | head -1)
        [ -z "$port" ] || return 0
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    return 1
}

check() {
    address=http://127.0.0.1:$port
    curl -sf "$address/metrics" >"$work/text" || fail "no /metrics"
    promtool check metrics <"$work/text" >"$work/promtool" 2>&1 || { cat "$work/promtool"; fail "promtool"; }
    curl -sf -H 'Accept: application/openmetrics-text;version=1.0.0' "$address/metrics" | tail -1 | grep -qx '# EOF' || fail "OpenMetrics has no end"
    sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$work/text" | sort | uniq -d | grep . && fail "two TYPEs"
    for name in $(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$work/text"); do
        grep -q "^# HELP $name " "$work/text" || fail "$name has no HELP"
        case $name in process_*) ;; *) grep -q "\`$name\`" docs/operations.md || fail "$name is not in docs/operations.md" ;; esac
    done
    [ "$(curl -s -o /dev/null -w '%{http_code}' -I "$address/-/healthy")" = 200 ] || fail "HEAD /-/healthy"
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$address/-/ready")" = $ready ] || fail "/-/ready without Kafka"
}

check_console() {
    reload() { curl -s -o /dev/null -w '%{http_code}' -X POST "http://127.0.0.1:$port/-/reload"; }
    in_force() { curl -sf "http://127.0.0.1:$port/metrics" | sed -n 's/^causeway_config_last_reload_successful{.*} //p'; }
    [ "$(reload)" = 200 ] && [ "$(in_force)" = 1 ] || fail "reload"
    printf 'log:\n  level: loud\n' >"$work/options.yaml"
    [ "$(reload)" != 200 ] && [ "$(in_force)" = 0 ] || fail "a reload that fails"
    kill -HUP $pid
    printf 'log:\n  level: error\n' >"$work/options.yaml"
    [ "$(reload)" = 200 ] && [ "$(in_force)" = 1 ] || fail "reload after one that failed"
    kill -TERM $pid
    code=0
    wait $pid || code=$?
    [ $code = 0 ] || fail "SIGTERM: exit $code"
    pid=
}

for service in normalizer detector logcluster correlator ranker remediator notifier recorder console; do
    ready=503
    [ $service != console ] || ready=200
    printf 'log:\n  level: warn\n' >"$work/options.yaml"
    if start; then check; [ $service != console ] || check_console; else fail "does not listen"; cat "$work/log"; fi
    [ -z "$pid" ] || { kill -KILL $pid 2>/dev/null; wait $pid 2>/dev/null || true; }
    pid=
done
[ $failed = 0 ] && echo "9 services expose what they say"
exit $failed
