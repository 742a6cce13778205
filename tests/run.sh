#!/usr/bin/env bash
# run.sh [WORD...] - what ./causeway test runs. Without a word: unit integration scenario chaos.
#   unit         every module's claims, fuzz corpora, the simulator and its mutations (preset dev)
#   integration  recorder and console on a PostgreSQL of their own, records against fastavro, the audit chain's second implementation
#   scenario     real servers, real services: tests/scenario
#   chaos        the loop under kills, pauses and lost snapshots; requests that come late (CHAOS_SECONDS=45)
#   lab          faults in a small shop: tests/lab           k8s       chart, compose file, cluster: tests/k8s
#   fuzz         each target for FUZZ_SECONDS=30 (clang)     sanitize  unit tests under ASan+UBSan, then TSan
#   tidy         clang-format and clang-tidy; TIDY=all for every file, else what differs from TIDY_BASE=HEAD~20
# One line a part, a sum at the end; exit 0 when nothing failed. Servers live in a folder of their own and end with the run, also on Ctrl-C.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. tests/lib/setup.sh
. tests/lib/servers.sh
. tests/lib/services.sh

TEMP=$(mktemp -d "${TMPDIR:-/tmp}/causeway-test.XXXXXX")
chmod 755 "$TEMP" # PostgreSQL runs as another user
JOBS=$(nproc)
PASSED=0 FAILED=0 SKIPPED=0 CHILD=
CTEST_LOG=$TEMP/ctest.log

finish() {
    trap '' INT TERM
    [ -z "$CHILD" ] || { kill -TERM "$CHILD" 2>/dev/null; wait "$CHILD" 2>/dev/null; }
    [ ! -d "$TEMP/run" ] || RUN=$TEMP/run servers_down
    rm -rf "$TEMP"
}
trap finish EXIT
trap 'exit 130' INT TERM

# In the background and waited for, so that a signal is dealt with at once.
run() {
    "$@" &
    CHILD=$!
    wait "$CHILD"
    local code=$?
    CHILD=
    return $code
}

report() { # PART BEGAN PASSED FAILED SKIPPED
    PASSED=$((PASSED+$3)) FAILED=$((FAILED+$4)) SKIPPED=$((SKIPPED+$5))
    printf '%-24s %5d s  %d passed, %d failed, %d skipped\n' "$1" $((SECONDS-$2)) "$3" "$4" "$5"
}

# One program is one test: 0 passed, 77 skipped.
report_code() { # PART BEGAN CODE
    case $3 in
        0) report "$1" "$2" 1 0 0 ;;
        77) report "$1" "$2" 0 0 1 ;;
        *) report "$1" "$2" 0 1 0 ;;
    esac
}

build() { # PRESET [TARGET...]
    local preset=$1 began=$SECONDS; shift
    build_release "$preset" && { [ $# = 0 ] || ninja -C "build/$preset" "$@" >"$TEMP/build.log" 2>&1 || { tail -30 "$TEMP/build.log"; return 1; }; }
    local code=$?
    [ $code = 0 ] || { report "build $preset" "$began" 0 1 0; return 1; }
    [ $((SECONDS-began)) -lt 5 ] || printf '%-24s %5d s\n' "build $preset" $((SECONDS-began))
}

run_ctest() { # PART PRESET ARGUMENTS...
    local part=$1 preset=$2 began=$SECONDS total failed skipped; shift 2
    run ctest --test-dir "build/$preset" -j "$JOBS" --output-on-failure "$@" >"$CTEST_LOG" 2>&1
    total=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#' "$CTEST_LOG")
    skipped=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#.*\*\*\*(Skipped|Not Run)' "$CTEST_LOG")
    failed=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#.*(\*\*\*(Failed|Timeout|Exception)|Subprocess|SEGFAULT)' "$CTEST_LOG")
    if [ "$total" = 0 ]; then failed=1 total=1; fi
    [ "$failed" = 0 ] || cat "$CTEST_LOG"
    report "$part" "$began" $((total-failed-skipped)) "$failed" "$skipped"
}

run_unit() {
    build dev mutants || return 0
    run_ctest unit dev -L 'unit|mutation'
}

run_integration() {
    build dev || return 0
    # ctest was configured with whichever Python there was; records.golden wants fastavro.
    PATH=$VENV/bin:$PATH run_ctest integration dev -L integration -E '^records\.golden$'
    local began=$SECONDS
    run "$VENV/bin/python" tests/integration/records_golden.py build/dev/tests/record_golden schemas/avro >"$TEMP/golden.log" 2>&1
    local code=$?
    [ $code = 0 ] || cat "$TEMP/golden.log"
    report_code "records against fastavro" "$began" $code
}

run_scenario() {
    local began=$SECONDS line
    build dev || return 0
    run "$VENV/bin/python" tests/scenario/run.py --build build/dev > >(tee "$TEMP/scenario.log")
    wait_for_tee
    line=$(tail -1 "$TEMP/scenario.log")
    if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        report scenario "$began" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
    else
        report scenario "$began" 0 1 0
    fi
}

wait_for_tee() { sleep 0.3; } # its last line

# Kafka in $TEMP/run; EXTRA goes into its properties.
broker_up() {
    RUN=$TEMP/run
    mkdir -p "$RUN"
    KAFKA_EXTRA=${1:-} KAFKA_HEAP=512m kafka_up 1
    BROKERS=$(cat "$RUN/brokers")
}

broker_down() { RUN=$TEMP/run servers_down; }

run_chain() {
    build dev || return 0
    local began=$SECONDS code
    broker_up
    run "$VENV/bin/python" tests/chaos/install.py "$BROKERS" build/dev/bin/cwctl >"$TEMP/chain.log" 2>&1 &&
        run "$VENV/bin/python" tests/chaos/chain.py --brokers "$BROKERS" --bin build/dev/bin --run "$TEMP/chain" \
            --seconds "${CHAOS_SECONDS:-45}" --seed "${CHAOS_SEED:-$RANDOM}" --servers "$RUN" >>"$TEMP/chain.log" 2>&1
    code=$?
    tail -3 "$TEMP/chain.log"
    [ $code = 0 ] || cat "$TEMP/chain.log"
    broker_down
    report_code "chaos: chain" "$began" $code
}

# The broker sends its clients through the suite's proxy.
run_late() { # PART PROGRAM MORE...
    local part=$1 program=$2 began=$SECONDS proxy code; shift 2
    proxy=$(free_port)
    broker_up "advertised.listeners=PLAINTEXT://127.0.0.1:$proxy"
    run "$VENV/bin/python" tests/chaos/late_end.py --direct "$BROKERS" --proxy "$proxy" --bin build/dev/bin --program "$program" "$@" \
        >"$TEMP/late.log" 2>&1
    code=$?
    tail -1 "$TEMP/late.log"
    [ $code = 0 ] || cat "$TEMP/late.log"
    broker_down
    report_code "$part" "$began" $code
}

run_chaos() {
    build dev || return 0
    run_chain
    run_late "chaos: late end" late_end --only 16
    run_late "chaos: its mutation" late_end_untainted --only 16 --expect-failure
}

run_lab() { local began=$SECONDS; run bash tests/lab/run.sh; report_code lab "$began" $?; }
run_k8s() { local began=$SECONDS; run bash tests/k8s/run.sh; report_code k8s "$began" $?; }

run_fuzz() {
    local began=$SECONDS target name code passed=0 failed=0
    command -v clang-14 >/dev/null || { say "fuzz: clang-14 is not installed"; report fuzz "$began" 0 0 1; return 0; }
    build fuzz || return 0
    for target in build/fuzz/fuzz/fuzz_*; do
        name=$(basename "$target"); name=${name#fuzz_}
        mkdir -p "$TEMP/corpus/$name" "$TEMP/crash"
        run "$target" -max_total_time="${FUZZ_SECONDS:-30}" -artifact_prefix="$TEMP/crash/$name-" -print_final_stats=0 \
            "$TEMP/corpus/$name" "tests/fuzz/corpus/$name" >"$TEMP/fuzz.log" 2>&1
        code=$?
        if [ $code = 0 ]; then passed=$((passed+1)); else failed=$((failed+1)); tail -40 "$TEMP/fuzz.log"; fi
        [ $code = 0 ] || for file in "$TEMP/crash/$name-"*; do say "$file: $(base64 -w0 < "$file" | head -c 2000)"; done
    done
    report fuzz "$began" $passed $failed 0
}

run_sanitize() {
    build asan && run_ctest "unit, ASan and UBSan" asan -L unit -LE mutation
    build tsan && run_ctest "unit, TSan" tsan -L unit -LE 'mutation|sim|fuzz-replay'
}

sources() { git ls-files '*.c' '*.h'; }

changed_sources() {
    if [ "${TIDY:-}" = all ]; then git ls-files '*.c'; return; fi
    git diff --name-only --diff-filter=d "${TIDY_BASE:-HEAD~20}" -- '*.c' 2>/dev/null || git ls-files '*.c'
}

run_tidy() {
    local began=$SECONDS code
    command -v clang-format-14 >/dev/null && command -v clang-tidy-14 >/dev/null ||
        { say "tidy: clang-format-14 and clang-tidy-14 are not installed"; report tidy "$began" 0 0 2; return 0; }
    sources | xargs clang-format-14 --dry-run -Werror >"$TEMP/format.log" 2>&1
    code=$?
    [ $code = 0 ] || grep error "$TEMP/format.log" | cut -d: -f1 | sort | uniq -c
    report_code "clang-format" "$began" $code
    began=$SECONDS
    build dev || return 0
    changed_sources | while read -r file; do
        grep -q "\"file\": \".*/$file\"" build/dev/compile_commands.json && echo "$file"
    done | run xargs -r -P "$JOBS" -n 4 clang-tidy-14 -p build/dev --quiet >"$TEMP/tidy.log" 2>/dev/null
    code=$?
    [ $code = 0 ] || grep -E 'error|warning' "$TEMP/tidy.log" | sort -u | head -60
    report_code "clang-tidy" "$began" $code
}

[ $# -gt 0 ] || set -- unit integration scenario chaos
for word in "$@"; do
    case $word in
        unit|integration|scenario|chain|chaos|lab|k8s|fuzz|sanitize|tidy) ;;
        *) echo "run.sh: '$word'? unit, integration, scenario, chaos, lab, k8s, fuzz, sanitize or tidy" >&2; exit 64 ;;
    esac
done
for word in "$@"; do "run_$word"; done
echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
[ "$FAILED" = 0 ]
