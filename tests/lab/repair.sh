#!/bin/bash
# Repairs of the lab's shop, run by the remediator: repair.sh HOST:PORT restart|rollback|deployed|free|unlock ENTITY
# Programs belong to the lab's supervisor, as elsewhere to systemd or Kubernetes: this script asks it. It needs no environment.
set -euo pipefail
supervisor=$1 what=$2 entity=$3

case $what in
    restart|rollback|deployed|free|unlock) ;;
    *) echo "repair.sh: what is '$what'?" >&2; exit 64 ;;
esac
exec 3<>"/dev/tcp/${supervisor%:*}/${supervisor##*:}"
printf '%s %s\n' "$what" "$entity" >&3
IFS= read -r -t 25 answer <&3
echo "$what $entity: $answer"
case $answer in refused*) exit 1 ;; esac
