#!/bin/sh
# with_postgres.sh COMMAND... - runs COMMAND with CAUSEWAY_TEST_POSTGRES set to
# the conninfo of a fresh PostgreSQL of its own: private folder, loopback
# socket, superuser "postgres", database "postgres"; gone when COMMAND ends.
# Exits 77 (skipped) where no PostgreSQL server is installed.
set -eu

for folder in "${POSTGRES_BIN:-}" /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
    [ -x "$folder/initdb" ] && bin=$folder
done
[ -n "${bin:-}" ] || { echo "no PostgreSQL server: skipped"; exit 77; }

home=$(mktemp -d "${TMPDIR:-/tmp}/causeway-pg.XXXXXX")
as=
if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
    owner=nobody
    id postgres >/dev/null 2>&1 && owner=postgres
    chown "$owner" "$home"
    as="setpriv --reuid=$owner --regid=$(id -g "$owner") --clear-groups"
fi
chmod 711 "$home"

stop() {
    $as "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap stop EXIT
trap 'exit 1' INT TERM

cd "$home"
$as "$bin/initdb" -D "$home/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$home/initdb.log" 2>&1 ||
    { cat "$home/initdb.log"; exit 1; }
# No TCP port at all: nothing to collide with. fsync stays on only where a test
# is about crashes of the machine, which none is: kill -9 loses no page cache.
$as "$bin/pg_ctl" -D "$home/data" -l "$home/data/server.log" -w -t 60 \
    -o "-c listen_addresses= -c unix_socket_directories=$home -c fsync=off -c log_min_messages=fatal" \
    start >/dev/null || { cat "$home/data/server.log"; exit 1; }

CAUSEWAY_TEST_POSTGRES="host=$home user=postgres dbname=postgres"
export CAUSEWAY_TEST_POSTGRES
status=0
(cd / && "$@") || status=$?
exit "$status"
