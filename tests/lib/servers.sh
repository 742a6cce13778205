# Kafka (KRaft) and PostgreSQL on loopback, in a private folder, on free ports. Sourced.
# $RUN/servers.env tells where they listen; each process has its pid file; only these pids are ever ended.

# Below the range the kernel gives to outgoing connections: such a connection may not take it before the server does.
free_port() {
    python3 - <<'P'
import random, socket
while True:
    with socket.socket() as one:
        port = random.randrange(11000, 32000)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
P
}

is_running() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

end_pid() { # FILE [SIGNAL [SECONDS]]
    is_running "$1" || { rm -f "$1"; return 0; }
    local pid; pid=$(cat "$1")
    kill -"${2:-TERM}" "$pid" 2>/dev/null || true
    local left=$(( ${3:-20} * 10 ))
    while kill -0 "$pid" 2>/dev/null && [ $left -gt 0 ]; do sleep 0.1; left=$((left-1)); done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$1"
}

kafka_java() { # HEAP ARGS...
    local heap=$1; shift
    ${EXEC:-} java -Xmx"$heap" -Xms"$heap" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:+ExitOnOutOfMemoryError -Dlog4j2.configurationFile="$RUN/log4j2.yaml" \
        -cp "$CACHE/kafka-$KAFKA_VERSION/libs/*" "$@"
}

write_log4j() {
    cat > "$RUN/log4j2.yaml" <<'L'
Configuration: {status: error, Appenders: {Console: {name: O, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}}, Loggers: {Root: {level: warn, AppenderRef: {ref: O}}}}
L
}

# kafka_config N VOTERS COUNT
kafka_config() {
    local n=$1 voters=$2 count=$3 rf=1 isr=1
    [ "$count" -ge 3 ] && rf=3 && isr=2
    cat > "$RUN/kafka$n/server.properties" <<P
process.roles=broker,controller
node.id=$n
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:$(cat "$RUN/kafka$n/port"),CONTROLLER://127.0.0.1:$(cat "$RUN/kafka$n/controller")
advertised.listeners=PLAINTEXT://127.0.0.1:$(cat "$RUN/kafka$n/port")
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$RUN/kafka$n/data
num.partitions=1
offsets.topic.num.partitions=8
offsets.topic.replication.factor=$rf
transaction.state.log.num.partitions=8
transaction.state.log.replication.factor=$rf
transaction.state.log.min.isr=$isr
min.insync.replicas=$isr
default.replication.factor=$rf
unclean.leader.election.enable=false
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
log.segment.bytes=67108864
num.network.threads=3
num.io.threads=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
${KAFKA_EXTRA:-}
P
    [ -z "${KAFKA_SASL_PORT:-}" ] || kafka_config_sasl "$n"
}

# A second listener, where who is who counts: KAFKA_SASL_PORT, KAFKA_SASL_USERS="name=password ...". The first one is for the test itself.
kafka_config_sasl() { # N
    local file=$RUN/kafka$1/server.properties one users=""
    for one in $KAFKA_SASL_USERS; do users="$users user_${one%%=*}=\"${one#*=}\""; done
    sed -i "s#^\(\(advertised.\)\?listeners=PLAINTEXT://[^,]*\)#\1,SASL_PLAINTEXT://127.0.0.1:$KAFKA_SASL_PORT#; s#^\(listener.security.protocol.map=\)#\1SASL_PLAINTEXT:SASL_PLAINTEXT,#" "$file"
    cat >> "$file" <<P
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required$users;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
inter.broker.listener.name=PLAINTEXT
P
}

kafka_start() { # N
    local n=$1
    # exec: the pid kept is Java's own, not that of a shell around it
    ( EXEC=exec; kafka_java "${KAFKA_HEAP:-768m}" kafka.Kafka "$RUN/kafka$n/server.properties" ) >"$RUN/kafka$n/log" 2>&1 &
    echo $! > "$RUN/kafka$n/pid"
}

# Two seconds on an idle machine, much more on a busy one.
kafka_wait() { # PORT
    local left=1200
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        sleep 0.1; left=$((left-1))
        [ $left -gt 0 ] || { tail -20 "$RUN"/kafka*/log >&2; die "Kafka did not come up"; }
    done
}

kafka_up() { # COUNT
    local count=$1 n voters="" brokers="" id
    write_log4j
    for n in $(seq "$count"); do
        mkdir -p "$RUN/kafka$n"
        [ -f "$RUN/kafka$n/port" ] || { free_port > "$RUN/kafka$n/port"; free_port > "$RUN/kafka$n/controller"; }
        voters="$voters${voters:+,}$n@127.0.0.1:$(cat "$RUN/kafka$n/controller")"
        brokers="$brokers${brokers:+,}127.0.0.1:$(cat "$RUN/kafka$n/port")"
    done
    id=Y2F1c2V3YXktY2x1c3Rlcg
    for n in $(seq "$count"); do
        kafka_config "$n" "$voters" "$count"
        [ -d "$RUN/kafka$n/data" ] || kafka_java 128m kafka.tools.StorageTool format -t $id -c "$RUN/kafka$n/server.properties" >"$RUN/kafka$n/format.log" 2>&1 \
            || { cat "$RUN/kafka$n/format.log" >&2; die "Kafka's storage could not be formatted"; }
        is_running "$RUN/kafka$n/pid" || kafka_start "$n"
    done
    for n in $(seq "$count"); do kafka_wait "$(cat "$RUN/kafka$n/port")"; done
    echo "$brokers" > "$RUN/brokers"
}

pg_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

# PostgreSQL refuses root: then it runs as the user postgres the package made.
as_pg() { if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid postgres --regid postgres --clear-groups -- "$@"); else "$@"; fi; }

# That user cannot enter a folder below /root: then $RUN/postgres is a link to one it can. Where its data really are:
pg_data() { echo "$(readlink -f "$RUN/postgres")/data"; }

pg_home() {
    [ ! -e "$RUN/postgres" ] || return 0
    mkdir -p "$RUN/postgres"; chmod 755 "$RUN"
    if [ "$(id -u)" != 0 ] || as_pg test -x "$RUN/postgres"; then return 0; fi
    rmdir "$RUN/postgres"
    ln -s "$(mktemp -d /var/tmp/causeway-postgres.XXXXXX)" "$RUN/postgres"
    chmod 755 "$RUN/postgres/."
}

postgres_up() {
    local data bin; bin=$(pg_bin)
    [ -n "$bin" ] || die "PostgreSQL's server programs are not installed"
    pg_home; data=$(pg_data)
    [ -f "$RUN/postgres/port" ] || free_port > "$RUN/postgres/port"
    if [ ! -d "$data" ]; then
        mkdir -p "$data"; [ "$(id -u)" != 0 ] || chown -R postgres "$(dirname "$data")"
        as_pg "$bin/initdb" -D "$data" -U causeway -A trust -E UTF8 --locale=C.UTF-8 >"$RUN/postgres/initdb.log" 2>&1 || { cat "$RUN/postgres/initdb.log" >&2; die "initdb failed"; }
    fi
    as_pg "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1 || as_pg "$bin/pg_ctl" -D "$data" -w -t 60 -l "$(dirname "$data")/log" \
        -o "-p $(cat "$RUN/postgres/port") -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=${PG_FSYNC:-on}" start >/dev/null \
        || { tail -20 "$RUN/postgres/log" >&2; die "PostgreSQL did not come up"; }
    POSTGRES_URL="postgresql://causeway@127.0.0.1:$(cat "$RUN/postgres/port")/causeway"
    as_pg "$bin/psql" -qAt "postgresql://causeway@127.0.0.1:$(cat "$RUN/postgres/port")/postgres" -c "select 1 from pg_database where datname='causeway'" | grep -q 1 \
        || as_pg "$bin/createdb" -h 127.0.0.1 -p "$(cat "$RUN/postgres/port")" -U causeway causeway
}

servers_up() {
    local count=1
    while [ $# -gt 0 ]; do
        case $1 in
            --brokers) count=$2; shift 2 ;;
            *) die "unknown word '$1'" ;;
        esac
    done
    mkdir -p "$RUN"
    say "starting Kafka ($count broker$([ "$count" = 1 ] || echo s)) and PostgreSQL in $RUN"
    kafka_up "$count"
    postgres_up
    cat > "$RUN/servers.env" <<V
export CAUSEWAY_KAFKA_BROKERS=$(cat "$RUN/brokers")
export CAUSEWAY_POSTGRES_URL=$POSTGRES_URL
export CAUSEWAY_PREFIX=causeway
V
}

servers_down() {
    local n
    for n in "$RUN"/kafka*; do [ -d "$n" ] && end_pid "$n/pid" TERM 20; done
    [ ! -d "$RUN/postgres/data" ] || as_pg "$(pg_bin)/pg_ctl" -D "$(pg_data)" -m fast -w stop >/dev/null 2>&1 ||
        true # it had stopped by itself
    [ ! -L "$RUN/postgres" ] || rm -rf "$(readlink -f "$RUN/postgres")"
    rm -rf "$RUN"
}
