#!/usr/bin/env bash
# docker compose: up --wait is healthy, one metric fault becomes one incident in PostgreSQL and on the console, every service ends on
# SIGTERM by itself, down -v leaves nothing. A project of its own, so a running causeway is not touched.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/lib/setup.sh
. tests/lib/servers.sh
. tests/k8s/lib.sh

need_docker
choose_servers
build_images
export COMPOSE_PROJECT_NAME=causeway-test-$$ CONSOLE_PORT KAFKA_PORT CONSOLE_PASSWORD=let-me-in
CONSOLE_PORT=$(free_port); KAFKA_PORT=$(free_port)
trap 'compose down -v -t 5 >/dev/null 2>&1' EXIT

produce() { compose exec -T kafka /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server localhost:9092 --topic metrics; }
sql() { compose exec -T -e PGPASSWORD=causeway postgres psql -h 127.0.0.1 -U causeway -d causeway -Atqc "$1"; }

began=$(date +%s)
compose up -d --wait --wait-timeout 480 >/dev/null 2>up.log || { tail -20 up.log >&2; rm -f up.log; compose ps -a >&2; compose logs --tail 5 >&2; fail "not healthy"; }
rm -f up.log
say "healthy: $(seconds "$began")"

tell_story produce sql
page=$(curl -fsS -m 10 -u causeway:let-me-in "http://127.0.0.1:$CONSOLE_PORT/")
grep -q 'INC-' <<<"$page" || fail "the console does not show the incident"
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$CONSOLE_PORT/")" = 401 ] || fail "the console asks for no password"
say "console: shows it, asks for the password"

docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' $(compose ps -q) >&2 || true

began=$(date +%s)
compose stop -t 20 normalizer detector logcluster correlator ranker remediator recorder notifier console >/dev/null 2>&1
say "stopped: $(seconds "$began")"
for name in normalizer detector logcluster correlator ranker remediator recorder notifier console; do
    code=$(docker inspect -f '{{.State.ExitCode}}' "$(compose ps -aq $name)")
    [ "$code" = 0 ] || fail "$name ended with $code on SIGTERM"
done
compose down -v -t 20 >/dev/null 2>&1
[ -z "$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")$(docker volume ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")" ] || fail "down -v left something"
say "compose: passed"
