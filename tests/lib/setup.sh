# What the project needs on a Debian machine, installed once. Sourced by ./causeway and the test scripts.
# Idempotent: what is there is not touched; says what it does; asks unless YES is set.

ROOT=$PWD
CACHE=${CAUSEWAY_CACHE:-$HOME/.cache/causeway}
RUN=${CAUSEWAY_RUN:-$ROOT/.run}
BUILD=${CAUSEWAY_BUILD:-$ROOT/build/release}
KAFKA_VERSION=4.1.0

PACKAGES_BUILD="build-essential cmake ninja-build pkg-config git ccache librdkafka-dev libavro-dev libpq-dev libjansson-dev libxxhash-dev libyaml-dev
 libmicrohttpd-dev libcurl4-openssl-dev libprotobuf-c-dev protobuf-c-compiler libsimdjson-dev zlib1g-dev libzstd-dev libssl-dev libcmocka-dev"
PACKAGES_RUN="default-jre-headless maven postgresql python3 python3-venv curl procps iproute2"
PACKAGES_LAB=$(cat "$ROOT/tests/lab/packages.txt")

say() { printf '%s\n' "$*" >&2; }
die() { say "causeway: $*"; exit 1; }

missing_packages() {
    local package
    for package in "$@"; do
        case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
            *"install ok installed") ;;
            *) echo "$package" ;;
        esac
    done
}

# Java may come from elsewhere; a package is wanted only when the program is not there.
wanted_packages() {
    local list="$PACKAGES_BUILD $PACKAGES_RUN ${WITH_LAB:+$PACKAGES_LAB}"
    command -v java >/dev/null && list=${list/default-jre-headless/}
    command -v mvn >/dev/null && list=${list/maven/}
    # shellcheck disable=SC2086
    missing_packages $list
}

setup_packages() {
    local missing
    missing=$(wanted_packages | tr '\n' ' ')
    [ -z "${missing// /}" ] && return 0
    say "missing Debian packages: $missing"
    if [ -z "${YES:-}" ]; then
        read -r -p "install them with apt-get? [y/N] " answer
        [ "$answer" = y ] || die "install them by hand, or run with --yes"
    fi
    local as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
    local started="" unit
    for unit in postgresql nginx redis-server rsyslog collectd; do
        case " $missing " in *" $unit"*) started="$started $unit" ;; esac
    done
    [ -z "$started" ] || say "Debian starts what it installs; nothing here needs these services: systemctl disable --now$started"
}

setup_kafka() {
    [ -f "$CACHE/kafka-$KAFKA_VERSION/complete" ] && return 0
    say "fetching Kafka $KAFKA_VERSION through Maven"
    rm -rf "$CACHE/kafka-$KAFKA_VERSION"; mkdir -p "$CACHE/kafka-$KAFKA_VERSION/libs"
    cat > "$CACHE/kafka-$KAFKA_VERSION/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>causeway</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$KAFKA_VERSION</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$KAFKA_VERSION</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
</dependencies></project>
P
    (cd "$CACHE/kafka-$KAFKA_VERSION" && mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=libs -DincludeScope=runtime) \
        || die "Kafka's jars could not be fetched: mvn above says why"
    touch "$CACHE/kafka-$KAFKA_VERSION/complete"
}

VENV=$CACHE/venv
setup_python() {
    [ -f "$VENV/complete-1" ] && return 0
    say "making a private Python environment"
    python3 -m venv "$VENV"
    "$VENV/bin/pip" -q install --disable-pip-version-check -r "$ROOT/tests/lab/requirements.txt" numpy==2.2.6
    touch "$VENV/complete-1"
}

setup_all() { setup_packages; setup_kafka; setup_python; }

# Ends the lab's shop, if one runs beside this installation.
lab_down() { [ ! -f "$RUN/lab/settings.json" ] || "$VENV/bin/python" "$ROOT/tests/lab/lab.py" down "$RUN"; }

PROGRAMS="causeway-normalizer causeway-detector causeway-logcluster causeway-correlator causeway-ranker causeway-remediator
 causeway-recorder causeway-notifier causeway-console cwctl"

# What runs, without the tests. CAUSEWAY_NO_BUILD: as it was built before.
build_programs() {
    # shellcheck disable=SC2086
    [ -n "${CAUSEWAY_NO_BUILD:-}" ] || build_release release $PROGRAMS
}

# build_release [PRESET [TARGET...]]: quiet when there is nothing to do.
build_release() {
    local preset=${1:-release} launcher=()
    [ $# -eq 0 ] || shift
    command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    [ -f "build/$preset/build.ninja" ] || say "configuring build/$preset"
    cmake --preset "$preset" "${launcher[@]}" >"build-$preset.log" 2>&1 || { cat "build-$preset.log" >&2; rm -f "build-$preset.log"; die "cmake failed"; }
    rm -f "build-$preset.log"
    say "building (preset $preset)"
    # Long work shows that it goes on; what a compiler says is shown when it failed.
    if [ -t 2 ]; then ninja -C "build/$preset" "$@" | sed -u -n 's/^\[\([0-9]*\/[0-9]*\)\].*/\r  \1/p' | tr -d '\n' >&2 || true; say ""; fi
    ninja -C "build/$preset" "$@" >"build/$preset/log" 2>&1 || { grep -vE '^\[[0-9]+/' "build/$preset/log" | head -60 >&2; die "the build failed"; }
}
