#!/usr/bin/env bash
# docker compose with the lab's shop: up --wait is healthy, `demo` tells its story to the end (an incident, its cause, a repair that ran and
# was verified, "resolved" delivered), the console shows it, every service ends on SIGTERM by itself, down -v leaves nothing. A project of
# its own, so a running causeway is not touched.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/lib/setup.sh
. tests/lib/servers.sh
. tests/k8s/lib.sh

need_docker
choose_servers
choose_base
build_images
export COMPOSE_FILE=docker-compose.yml:tests/lab/compose.yml
have_images shop shop-remediator || build_services shop remediator
export COMPOSE_PROJECT_NAME=causeway-test-$$ CONSOLE_PORT KAFKA_PORT CONSOLE_PASSWORD=let-me-in
CONSOLE_PORT=$(free_port); KAFKA_PORT=$(free_port)
trap 'compose down -v -t 5 >/dev/null 2>&1' EXIT

began=$(date +%s)
compose up -d --wait --wait-timeout 480 >/dev/null 2>up.log || { tail -20 up.log >&2; rm -f up.log; compose ps -a >&2; compose logs --tail 5 >&2; fail "not healthy"; }
rm -f up.log
say "healthy: $(seconds "$began")"

compose exec -T shop demo >&2 || { compose logs --tail 5 >&2; fail "the demo's story did not come to its end"; }
page=$(curl -fsS -m 10 -u causeway:let-me-in "http://127.0.0.1:$CONSOLE_PORT/")
grep -q 'INC-' <<<"$page" || fail "the console does not show the incident"
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$CONSOLE_PORT/")" = 401 ] || fail "the console asks for no password"
say "console: shows it, asks for the password"

docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' $(compose ps -q) >&2 || true

began=$(date +%s)
compose stop -t 20 normalizer detector logcluster correlator ranker remediator recorder notifier console shop >/dev/null 2>&1
say "stopped: $(seconds "$began")"
for name in normalizer detector logcluster correlator ranker remediator recorder notifier console shop; do
    code=$(docker inspect -f '{{.State.ExitCode}}' "$(compose ps -aq $name)")
    [ "$code" = 0 ] || fail "$name ended with $code on SIGTERM"
done
compose down -v -t 20 >/dev/null 2>&1
[ -z "$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")$(docker volume ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")" ] || fail "down -v left something"
say "compose: passed"
