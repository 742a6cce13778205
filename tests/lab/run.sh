#!/usr/bin/env bash
# ./causeway test lab [--kinds all|KIND,...] [--rounds 2] [--quiet-minutes 15] [--seed N] [--out FILE]
# A whole installation and the shop, faults at random, a table at the end. Everything is ended afterwards, also on Ctrl-C.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
WITH_LAB=1
. tests/lib/setup.sh; . tests/lib/servers.sh; . tests/lib/services.sh; . tests/lab/common.sh
setup_all
case " $* " in *" -h "* | *" --help "*) exec "$PYTHON" tests/lab/run.py --help ;; esac
lab_own_folder
build_programs
trap 'lab_end' EXIT
trap 'exit 130' INT TERM
lab_begin
# Not exec: the trap must run.
export CAUSEWAY_POSTGRES_URL
lab_run "$PYTHON" tests/lab/run.py --run "$RUN" --out "${LAB_REPORT:-$ROOT/lab-report.json}" "$@"
