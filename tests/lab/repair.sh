#!/bin/bash
# Repairs of the lab's shop, run by the remediator: repair.sh LAB restart|rollback|deployed|free|unlock ENTITY
# Programs belong to the lab's supervisor, as elsewhere to systemd: this script asks it on loopback. It needs no environment.
set -euo pipefail
lab=$1 what=$2 entity=$3
PATH=/usr/sbin:/usr/bin:/sbin:/bin

port() { sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$lab/settings.json" | head -1; }

ask() { # WORD NAME
    exec 3<>"/dev/tcp/127.0.0.1/$(port supervisor)"
    printf '%s %s\n' "$1" "$2" >&3
    IFS= read -r -t 20 answer <&3
    exec 3>&-
    echo "$1 $2: $answer"
    case $answer in refused*) return 1 ;; esac
}

case $what in
    restart)
        if [ "$entity" = shop-cache ]; then
            # Data of a cache may go; its listener must come back.
            ask restart shop-cache
        else
            ask restart "$entity"
        fi ;;
    deployed)
        [ -f "$lab/$entity.version" ] && [ -f "$lab/$entity.previous" ] && echo "$entity: $(cat "$lab/$entity.version"), before that $(cat "$lab/$entity.previous")" ;;
    rollback)
        cat "$lab/$entity.previous" > "$lab/$entity.version"
        ask restart "$entity" ;;
    free)
        find "$lab/volume" -type f -name '*.tmp' -print -delete ;;
    unlock)
        psql -X -At -h 127.0.0.1 -p "$(port shop-db)" -U shop -d shop -c \
            "SELECT DISTINCT pid, pg_terminate_backend(pid) FROM (SELECT unnest(pg_blocking_pids(pid)) AS pid FROM pg_locks WHERE NOT granted) AS b
             WHERE cardinality(pg_blocking_pids(pid)) = 0" ;;
    *) echo "repair.sh: what is '$what'?" >&2; exit 64 ;;
esac
