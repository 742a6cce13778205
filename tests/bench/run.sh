#!/usr/bin/env bash
# run.sh [speed|accuracy] [OPTION...] - what ./causeway bench runs; without a word both. Options of speed: python tests/bench/speed.py --help.
#   speed     latency of incidents over all services live, then each service's throughput on one core; on real servers, about 20 minutes
#   accuracy  public data through cwctl, scored by scripts that know nothing else of the product; they lie beside the repository (../shared)
# Tables on standard output; servers live in a folder of their own and end with the run, also on Ctrl-C.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/lib/setup.sh
BENCH=tests/bench
BIN=build/release/bin

build() { [ -n "${CAUSEWAY_NO_BUILD:-}" ] || build_release release "$@" || exit 1; }

run_accuracy() {
    local score=${SCORE:-../shared/score}
    if [ ! -d "$score" ]; then
        echo "accuracy: the scorers are not here ($score); SCORE names their folder"
        return 0
    fi
    build cwctl
    "$VENV/bin/python" -c 'import sys; sys.path.insert(0, "tests/bench"); import machine; print(machine.describe("./causeway bench accuracy"))'
    PYTHON=$VENV/bin/python bash $BENCH/accuracy.sh $BIN/cwctl "$score"
}

# shellcheck disable=SC2086
run_speed() {
    build $PROGRAMS shop_load pass_through
    "$VENV/bin/python" $BENCH/speed.py --build build/release "$@"
}

case ${1:-all} in
    speed) shift; run_speed "$@" ;;
    accuracy) run_accuracy ;;
    all) run_accuracy && run_speed ;;
    *) echo "bench: '$1'? speed or accuracy" >&2; exit 64 ;;
esac
