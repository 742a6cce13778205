# A whole installation with the lab beside it, for demo.sh and run.sh. Sourced after tests/lib/*.sh.

LAB=$ROOT/tests/lab
PYTHON=$VENV/bin/python

# The lab's options of the services. LAB_FAST: what learns by windows of seconds instead of minutes, for short runs.
lab_options() {
    local folder=$RUN/service
    mkdir -p "$folder"
    cat > "$folder/remediator.env" <<V
export CAUSEWAY_POLICY_FILE=$RUN/lab/policies.yaml
V
    [ -f "$RUN/sink.port" ] || free_port > "$RUN/sink.port"
    cat > "$folder/notifier.env" <<V
export CAUSEWAY_NOTIFY_TARGETS="sink=webhook+http://127.0.0.1:$(cat "$RUN/sink.port")/notices min=UNKNOWN"
export CAUSEWAY_NOTIFY_LOOPBACK=true CAUSEWAY_NOTIFY_INSECURE_HTTP=true
V
    # A fault may come 20 s after the last incident ended and is a different one: each is to be its own case.
    echo "export CAUSEWAY_CORRELATE_REOPEN=20s" > "$folder/correlator.env"
    [ -z "${LAB_FAST:-}" ] && return 0
    echo "export CAUSEWAY_TOPOLOGY_WINDOW=1s CAUSEWAY_CORRELATE_QUIET=20s CAUSEWAY_CORRELATE_REOPEN=10s" > "$folder/correlator.env"
    echo "export CAUSEWAY_LOGCLUSTER_WINDOW=1s CAUSEWAY_LOGCLUSTER_LEARN=60s" > "$folder/logcluster.env"
}

# What this run did not start it must never end: an installation that is there is refused, before any trap is set.
lab_own_folder() {
    [ -z "$(ls -A "$RUN" 2>/dev/null)" ] && return 0
    die "$RUN is in use already: ./causeway down ends what runs there, or give CAUSEWAY_RUN=FOLDER for another"
}

lab_begin() {
    RAW_TOPICS="otlp_spans:1,otlp_metrics:1,collectd:1,syslog:1,changes:1,topology:1"
    servers_up
    . "$RUN/servers.env"
    topics_create
    "$PYTHON" "$LAB/lab.py" up "$RUN"
    lab_options
    services_up
}

# Ends all of it, also half-started.
lab_end() {
    trap '' INT TERM
    "$PYTHON" "$LAB/lab.py" down "$RUN" || true
    services_down
    servers_down
}

# In the background and waited for: a signal to this script alone is dealt with at once, and handed on.
lab_run() {
    "$@" <&0 &
    local child=$!
    trap 'kill -TERM $child 2>/dev/null; exit 130' INT TERM
    wait $child
}
