#!/usr/bin/env bash
# build.sh [KAFKA_TAG POSTGRES_TAG]: the two stand-ins, where they are not there yet. Kafka's jars are the ones ./causeway uses.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
. tests/lib/setup.sh
kafka=${1:-causeway-standin/kafka:4.1.0} postgres=${2:-causeway-standin/postgres:17}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
if ! docker image inspect "$kafka" >/dev/null 2>&1; then
    setup_kafka
    cp -r "$CACHE/kafka-$KAFKA_VERSION/libs" "$work/libs"; cp "$here/kafka-run.sh" "$work/"
    docker build -q -t "$kafka" --build-arg "BASE=${BASE:-debian:trixie-slim}" -f "$here/kafka.Dockerfile" "$work"
fi
if ! docker image inspect "$postgres" >/dev/null 2>&1; then
    docker build -q -t "$postgres" --build-arg "BASE=${BASE:-debian:trixie-slim}" -f "$here/postgres.Dockerfile" "$here"
fi
