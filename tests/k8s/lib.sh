# What the container tests share. Sourced; the caller is in the repository's root.
# Tools come from outside: a docker daemon, docker compose, and for Kubernetes helm, kubectl and a cluster (KUBECONFIG).

say() { printf '%s\n' "$*" >&2; }
fail() { say "FAILED: $*"; exit 1; }
skip() { say "skipped: $*"; exit 77; }
seconds() { local began=$1; echo "$(( $(date +%s) - began )) s"; }

compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}

need_docker() {
    command -v docker >/dev/null || skip "no docker"
    docker info >/dev/null 2>&1 || skip "no docker daemon answers"
    docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1 || skip "no docker compose"
}

NAMES="normalizer detector logcluster correlator ranker remediator recorder notifier console cwctl"
TAG=${CAUSEWAY_TAG:-0.1.0}

# The public images, or the stand-ins where a registry cannot be reached.
choose_servers() {
    if [ -z "${KAFKA_IMAGE:-}${POSTGRES_IMAGE:-}" ] && ! timeout 60 docker pull -q apache/kafka:4.1.0 >/dev/null 2>&1; then
        say "apache/kafka cannot be pulled: stand-ins from Debian and Kafka's jars"
        bash tests/k8s/standin/build.sh >/dev/null 2>&1 || fail "the stand-ins do not build: tests/k8s/standin/build.sh"
        export KAFKA_IMAGE=causeway-standin/kafka:4.1.0 POSTGRES_IMAGE=causeway-standin/postgres:17
    fi
}

# Where this machine trusts authorities of its own (a proxy's), the images have to as well, to reach PyPI.
choose_base() {
    local own=/usr/local/share/ca-certificates folder
    [ -z "${BASE:-}" ] && ls $own/*.crt >/dev/null 2>&1 || return 0
    export BASE=causeway-standin/base:trixie
    docker image inspect $BASE >/dev/null 2>&1 && return 0
    folder=$(mktemp -d)
    cp $own/*.crt "$folder"
    printf '%s\n' 'FROM debian:trixie-slim' 'COPY *.crt /usr/local/share/ca-certificates/' \
        'RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates >/dev/null && update-ca-certificates >/dev/null && rm -rf /var/lib/apt/lists/*' \
        'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' > "$folder/Dockerfile"
    docker build -q -t $BASE "$folder" >/dev/null || fail "no base image with this machine's authorities"
    rm -rf "$folder"
}

# One after the other: the first builds, the others only take their program; together they starve a small machine.
build_services() {
    local name began; began=$(date +%s)
    say "building the images"
    for name in "$@"; do
        compose --progress plain build "$name" >build-images.log 2>&1 || { tail -30 build-images.log >&2; rm -f build-images.log; fail "the images do not build"; }
    done
    rm -f build-images.log
    say "images: $(seconds "$began")"
}

have_images() { # NAME...
    local name
    [ -z "${REBUILD:-}" ] || return 1
    for name in "$@"; do docker image inspect "causeway/$name:$TAG" >/dev/null 2>&1 || return 1; done
}

build_images() {
    # shellcheck disable=SC2086
    have_images $NAMES || build_services topics normalizer detector logcluster correlator ranker remediator recorder notifier console
}

# tell_story PRODUCE SQL: both are functions; PRODUCE takes lines for the topic metrics, SQL a query.
tell_story() {
    local produce=$1 sql=$2 began left=120 found
    say "story: 90 s of a normal shop, then checkout turns slow and fails"
    python3 tests/lib/feed.py 90 45 30 | $produce >/dev/null 2>&1 &
    local feeder=$!
    began=$(date +%s)
    sleep 90
    until found=$($sql "select incident_id || ' | ' || severity || ' | ' || title || ' | cause: ' || coalesce(probable_cause, '?') from causeway.incident_overview limit 1" 2>/dev/null) \
            && [ -n "$found" ]; do
        sleep 1; left=$((left - 1))
        [ $left -gt 0 ] || { kill $feeder 2>/dev/null; fail "no incident in PostgreSQL"; }
    done
    say "incident in PostgreSQL $(( $(date +%s) - began - 90 )) s after the fault: $found"
    wait $feeder || true
    sleep 5
    $sql "select incident_id || ' | ' || status || ' | ' || title || ' | cause: ' || coalesce(probable_cause, '?') || ' | confidence ' || coalesce(round(confidence::numeric, 2)::text, '?') from causeway.incident_overview" >&2
    [ "$($sql "select count(*) from causeway.incident_overview")" = 1 ] || fail "more than one incident for one fault"
    $sql "select count(*) from causeway.incident_overview where title || coalesce(probable_cause, '') ilike '%checkout%'" | grep -q '^1$' \
        || fail "the incident does not name checkout"
}
