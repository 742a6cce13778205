# Causeway's own processes over the servers. Sourced.
# Each service: $RUN/service/NAME{.pid,.log,.port}

SERVICES="normalizer detector logcluster correlator ranker remediator recorder notifier console"

# Formats the normalizer knows by the topic's name; docs/formats.md.
RAW_TOPICS_KNOWN=otlp_metrics:2,otlp_logs:2,otlp_spans:2,prometheus:2,metrics:2,logs:2,zipkin:2,syslog:2,collectd:2,alerts:1,changes:1,topology:1

# What a service of an installation of one's own needs beyond the servers; $RUN/service/NAME.env says more.
service_own() { # NAME
    case $1 in
        remediator) # effects run as whoever started this
            mkdir -p "$RUN/effect"; chmod 700 "$RUN/effect"
            export CAUSEWAY_EFFECT_STATE_FOLDER=$RUN/effect CAUSEWAY_EFFECT_INSECURE_SAME_USER=true ;;
        console)
            [ -f "$RUN/console.port" ] || free_port > "$RUN/console.port"
            export CAUSEWAY_POSTGRES_CONNINFO=$CAUSEWAY_POSTGRES_URL CAUSEWAY_CONSOLE_PORT
            CAUSEWAY_CONSOLE_PORT=$(cat "$RUN/console.port") ;;
    esac
}

service_start() { # NAME [INSTANCE]
    local name=$1 instance=${2:-0} at
    at=$RUN/service/$name-$instance
    mkdir -p "$RUN/service"
    is_running "$at.pid" && return 0
    [ -x "$BUILD/bin/causeway-$name" ] || die "causeway-$name is not built: ./causeway build"
    [ -f "$at.port" ] || free_port > "$at.port"
    ( . "$RUN/servers.env"
      export CAUSEWAY_INSTANCE=$instance CAUSEWAY_ADMIN_PORT; CAUSEWAY_ADMIN_PORT=$(cat "$at.port")
      service_own "$name"
      [ -f "$RUN/service/$name.env" ] && . "$RUN/service/$name.env"
      exec "$BUILD/bin/causeway-$name" ) >>"$at.log" 2>&1 &
    echo $! > "$at.pid"
}

service_wait() { # NAME [INSTANCE [SECONDS]]
    local at=$RUN/service/$1-${2:-0} left=$(( ${3:-60} * 10 ))
    until curl -fs -o /dev/null "http://127.0.0.1:$(cat "$at.port")/-/ready" 2>/dev/null; do
        is_running "$at.pid" || { tail -5 "$at.log" >&2; die "causeway-$1 ended at its start: see $at.log"; }
        sleep 0.1; left=$((left-1))
        [ $left -gt 0 ] || { tail -5 "$at.log" >&2; die "causeway-$1 is not ready"; }
    done
}

topics_create() {
    ( . "$RUN/servers.env"; "$BUILD/bin/cwctl" topics create --partitions "${PARTITIONS:-4}" --raw "${RAW_TOPICS:-$RAW_TOPICS_KNOWN}" ) >"$RUN/topics.log" 2>&1 \
        || { cat "$RUN/topics.log" >&2; die "the topics could not be created"; }
}

services_up() {
    local name
    topics_create
    say "starting services"
    for name in $SERVICES; do service_start "$name"; done
    for name in $SERVICES; do service_wait "$name"; done
}

# Something to see, for who has nothing of their own to send yet.
feed_shop() {
    [ -f "$RUN/servers.env" ] || die "nothing runs: ./causeway up"
    ( . "$RUN/servers.env"; exec "$VENV/bin/python" tests/lib/feed.py 90 60 60 --brokers "$CAUSEWAY_KAFKA_BROKERS" )
}

services_down() {
    local pid
    for pid in "$RUN"/service/*.pid; do
        [ -f "$pid" ] && kill -TERM "$(cat "$pid")" 2>/dev/null || true
    done
    for pid in "$RUN"/service/*.pid; do [ -f "$pid" ] && end_pid "$pid" TERM 6; done
    return 0
}

status_show() {
    local pid name state
    [ -d "$RUN" ] || { say "nothing runs"; return 0; }
    [ -f "$RUN/servers.env" ] && sed 's/^export //' "$RUN/servers.env"
    [ -f "$RUN/console.port" ] && echo "console http://127.0.0.1:$(cat "$RUN/console.port")/"
    for pid in "$RUN"/service/*.pid; do
        [ -f "$pid" ] || continue
        name=$(basename "$pid" .pid)
        if ! is_running "$pid"; then state="ended (see $RUN/service/$name.log)"
        else state=$(curl -s -m 2 "http://127.0.0.1:$(cat "${pid%.pid}.port")/-/ready" | head -1); fi
        printf '%-16s pid %-8s admin 127.0.0.1:%-6s %s\n' "$name" "$(cat "$pid")" "$(cat "${pid%.pid}.port")" "$state"
    done
}
