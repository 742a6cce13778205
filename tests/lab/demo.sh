#!/usr/bin/env bash
# ./causeway demo [--fault KIND] [--seed N] [--interactive] [--keep]
# Servers, services and a small shop come up, a fault strikes, and the terminal tells how it is found, explained and repaired.
# Everything is ended afterwards, also on Ctrl-C; --keep leaves it running (./causeway down ends it).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/lib/setup.sh; . tests/lib/servers.sh; . tests/lib/services.sh; . tests/lab/common.sh
LAB_FAST=1 KEEP=
words=()
for word in "$@"; do
    case $word in --keep) KEEP=1 ;; *) words+=("$word") ;; esac
done
"$PYTHON" tests/lab/demo.py --run "$RUN" --sink 127.0.0.1:1 --console - "${words[@]}" --help >/dev/null || exit 64
lab_own_folder
build_programs
leave() {
    local code=$?
    if [ -n "$KEEP" ] && [ $code = 0 ]; then say "left running: ./causeway down ends it"; else say "taking everything down"; lab_end; fi
    exit $code
}
trap leave EXIT
trap 'exit 130' INT TERM
began=$SECONDS
lab_begin
say "up after $((SECONDS - began)) s: Kafka, PostgreSQL, ${SERVICES// /, }; and the shop: nginx, shop, catalog, cart, PostgreSQL, redis"
lab_run "$PYTHON" tests/lab/demo.py --run "$RUN" --sink "127.0.0.1:$(cat "$RUN/sink.port")" --console "http://127.0.0.1:$(cat "$RUN/console.port")" "${words[@]}"
say "told in $((SECONDS - began)) s"
