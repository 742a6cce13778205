#!/usr/bin/env bash
# run.sh [WORD...] [--kills N] [--seed N] - what ./causeway test runs. Without a word: unit integration scenario chaos.
#   unit         every module's claims, fuzz corpora, the simulator and its mutations (preset dev)
#   integration  recorder and console on a PostgreSQL of their own, records against fastavro, the audit chain's second implementation
#   scenario     real servers, real services: tests/scenario
#   chaos        the loop under kills, pauses and lost snapshots; requests that come late; the whole engine under kills: short, 10 kills.
#                --kills 60 is the long form: every late request, three brokers, full rates, outages of broker and database, one raw log
#                decided by one instance and by three, held up and replayed (50 minutes)
#   chain late brokers pipeline replay   one part of chaos
#   lab          faults in a small shop: tests/lab           k8s       chart, compose file, cluster: tests/k8s
#   fuzz         each target for FUZZ_SECONDS=30 (clang); FUZZ_SECONDS=quiet: until it finds nothing new, hours
#   sanitize     unit tests and the loop on a real broker under ASan+UBSan, then TSan
#   tidy         clang-format and clang-tidy; TIDY=all for every file, else what differs from TIDY_BASE=HEAD~20
# Every program outside has a time limit; past it, it has failed. One line a part, a sum at the end; exit 0 when nothing failed. Servers live in a folder of their own and end with the run, also on Ctrl-C.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. tests/lib/setup.sh
. tests/lib/servers.sh
. tests/lib/services.sh

TEMP=$(mktemp -d "${TMPDIR:-/tmp}/causeway-test.XXXXXX")
chmod 755 "$TEMP" # PostgreSQL runs as another user
JOBS=$(nproc)
PASSED=0 FAILED=0 SKIPPED=0 CHILD=
KILLS= SEED=${CHAOS_SEED:-$RANDOM}
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

# So many seconds at most; then it is asked to end, and 30 s later made to.
limited() { run timeout -k 30 "$@"; }

report() { # PART BEGAN PASSED FAILED SKIPPED
    PASSED=$((PASSED+$3)) FAILED=$((FAILED+$4)) SKIPPED=$((SKIPPED+$5))
    printf '%-24s %5d s  %d passed, %d failed, %d skipped\n' "$1" $((SECONDS-$2)) "$3" "$4" "$5"
}

# One program is one test: 0 passed, 77 skipped.
report_code() { # PART BEGAN CODE
    case $3 in
        0) report "$1" "$2" 1 0 0 ;;
        77) report "$1" "$2" 0 0 1 ;;
        124|137) say "$1: not over in time"; report "$1" "$2" 0 1 0 ;;
        *) report "$1" "$2" 0 1 0 ;;
    esac
}

build() { # PRESET [TARGET...]
    local preset=$1 began=$SECONDS; shift
    (build_release "$preset") && { [ $# = 0 ] || (build_release "$preset" "$@"); } || { report "build $preset" "$began" 0 1 0; return 1; }
    [ $((SECONDS-began)) -lt 5 ] || printf '%-24s %5d s\n' "build $preset" $((SECONDS-began))
}

run_ctest() { # PART PRESET ARGUMENTS...
    local part=$1 preset=$2 began=$SECONDS total failed skipped; shift 2
    limited 1200 ctest --test-dir "build/$preset" --timeout 300 -j "$JOBS" --output-on-failure "$@" >"$CTEST_LOG" 2>&1
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
    limited 120 "$VENV/bin/python" tests/integration/records_golden.py build/dev/tests/record_golden schemas/avro >"$TEMP/golden.log" 2>&1
    local code=$?
    [ $code = 0 ] || cat "$TEMP/golden.log"
    report_code "records against fastavro" "$began" $code
}

run_scenario() {
    local began=$SECONDS line
    build dev || return 0
    limited 900 "$VENV/bin/python" tests/scenario/run.py --build build/dev > >(tee "$TEMP/scenario.log")
    wait_for_tee
    line=$(tail -1 "$TEMP/scenario.log")
    if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        report scenario "$began" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
    else
        report scenario "$began" 0 1 0
    fi
}

wait_for_tee() { sleep 0.3; } # its last line

is_long() { [ -n "$KILLS" ]; }

# Kafka in $TEMP/run.
brokers_up() { # COUNT
    RUN=$TEMP/run
    mkdir -p "$RUN"
    KAFKA_HEAP=512m kafka_up "$1"
    BROKERS=$(cat "$RUN/brokers")
}

brokers_down() { RUN=$TEMP/run servers_down; }

run_chain_on() { # PART BROKERS SECONDS MORE...
    local preset=${CHAIN_PRESET:-dev}
    build "$preset" || return 0
    local part=$1 count=$2 seconds=$3 began=$SECONDS code; shift 3
    brokers_up "$count"
    limited 120 "$VENV/bin/python" tests/chaos/install.py "$BROKERS" "build/$preset/bin/cwctl" >"$TEMP/chain.log" 2>&1 &&
        KAFKA_HEAP=512m limited $((seconds+600)) "$VENV/bin/python" tests/chaos/chain.py --brokers "$BROKERS" --bin "build/$preset/bin" --run "$TEMP/chain" \
            --seconds "$seconds" --seed "$SEED" --servers "$RUN" "$@" >>"$TEMP/chain.log" 2>&1
    code=$?
    if [ $code = 0 ] && [ "$preset" = tsan ]; then python3 tests/lib/tsan_reports.py "$TEMP"/chain/*.log >>"$TEMP/chain.log"; code=$?; fi
    if [ $code = 0 ]; then grep -E '^(\{|raw |open)' "$TEMP/chain.log"; else cat "$TEMP/chain.log"; tail -n 20 "$TEMP"/chain/*.log; fi
    brokers_down
    rm -rf "$TEMP/chain"
    report_code "$part" "$began" $code
}

run_chain() { if is_long; then run_chain_on "chaos: chain" 1 180; else run_chain_on "chaos: chain" 1 45; fi; }
run_brokers() { run_chain_on "chaos: three brokers" 3 60 --chase 5 --stop-broker 120; }

run_late_end() { # PART PROGRAM MORE...
    local part=$1 program=$2 began=$SECONDS code; shift 2
    limited 1500 "$VENV/bin/python" tests/chaos/late_end.py --run "$TEMP/run" --bin build/dev/bin --program "$program" "$@" >"$TEMP/late.log" 2>&1
    code=$?
    if [ $code = 0 ]; then tail -1 "$TEMP/late.log"; else cat "$TEMP/late.log"; tail -n 20 "$TEMP"/run/kafka1/log; fi
    [ ! -d "$TEMP/run" ] || brokers_down
    report_code "$part" "$began" $code
}

run_late() {
    build dev || return 0
    if is_long; then run_late_end "chaos: late end" late_end; else run_late_end "chaos: late end" late_end --only 16; fi
    run_late_end "chaos: its mutation" late_end_untainted --only 16 --expect-failure
}

run_pipeline() {
    build dev || return 0
    local began=$SECONDS code limit=600 how=(--quick --kills 10 --points 4000 --lines 400 --spans 100)
    ! is_long || { limit=3000; how=(--kills "$KILLS"); }
    limited $limit "$VENV/bin/python" tests/chaos/pipeline.py --build build/dev --seed "$SEED" "${how[@]}" >"$TEMP/pipeline.log" 2>&1
    code=$?
    if [ $code = 0 ]; then tail -8 "$TEMP/pipeline.log"; else cat "$TEMP/pipeline.log"; fi
    report_code "chaos: pipeline" "$began" $code
}

run_replay() {
    build release || return 0
    local began=$SECONDS code
    limited 1500 "$VENV/bin/python" tests/chaos/replay.py --build build/release --seed "$SEED" >"$TEMP/replay.log" 2>&1
    code=$?
    cat "$TEMP/replay.log"
    report_code "chaos: replay equality" "$began" $code
}

run_chaos() {
    say "chaos: seed $SEED"
    run_chain
    run_late
    ! is_long || run_brokers
    run_pipeline
    ! is_long || run_replay
}

run_lab() { local began=$SECONDS; limited 5400 bash tests/lab/run.sh; report_code lab "$began" $?; }
run_k8s() { local began=$SECONDS; limited 3600 bash tests/k8s/run.sh; report_code k8s "$began" $?; }

run_fuzz() {
    local began=$SECONDS target name code passed=0 failed=0
    command -v clang-14 >/dev/null || { say "fuzz: clang-14 is not installed"; report fuzz "$began" 0 0 1; return 0; }
    build_release fuzz fuzzers || { report "build fuzz" "$began" 0 1 0; return 0; }
    if [ "${FUZZ_SECONDS:-30}" = quiet ]; then
        run python3 tests/fuzz/run.py --build build/fuzz
        report_code "fuzz until quiet" "$began" $?
        return 0
    fi
    for target in build/fuzz/fuzz/fuzz_*; do
        name=$(basename "$target"); name=${name#fuzz_}
        mkdir -p "$TEMP/corpus/$name" "$TEMP/crash"
        limited $((${FUZZ_SECONDS:-30}+120)) "$target" -max_total_time="${FUZZ_SECONDS:-30}" -artifact_prefix="$TEMP/crash/$name-" -print_final_stats=0 \
            "$TEMP/corpus/$name" "tests/fuzz/corpus/$name" >"$TEMP/fuzz.log" 2>&1
        code=$?
        if [ $code = 0 ]; then passed=$((passed+1)); else failed=$((failed+1)); tail -40 "$TEMP/fuzz.log"; fi
        [ $code = 0 ] || for file in "$TEMP/crash/$name-"*; do say "$file: $(base64 -w0 < "$file" | head -c 2000)"; done
    done
    report fuzz "$began" $passed $failed 0
}

# What the programs answer, and what TSan has to say of them: two lines.
run_unit_tsan() {
    local began code
    mkdir -p "$TEMP/tsan"
    TSAN_OPTIONS="halt_on_error=0 exitcode=0 log_path=$TEMP/tsan/report" run_ctest "unit, TSan" tsan -L unit -LE 'mutation|sim|fuzz-replay'
    began=$SECONDS
    find "$TEMP/tsan" -type f -exec python3 tests/lib/tsan_reports.py {} +
    code=$?
    report_code "unit, TSan's reports" "$began" $code
}

run_sanitize() {
    build asan && run_ctest "unit, ASan and UBSan" asan -L unit -LE mutation
    CHAIN_PRESET=asan run_chain_on "chain, ASan and UBSan" 1 40
    build tsan && run_unit_tsan
    TSAN_OPTIONS="halt_on_error=0 exitcode=0" CHAIN_PRESET=tsan run_chain_on "chain, TSan" 1 40
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
    done | limited 3600 xargs -r -P "$JOBS" -n 1 clang-tidy-14 -p build/dev --quiet >"$TEMP/tidy.log" 2>/dev/null
    code=$?
    [ $code = 0 ] || grep -E 'error|warning' "$TEMP/tidy.log" | sort -u
    report_code "clang-tidy" "$began" $code
}

words=()
while [ $# -gt 0 ]; do
    case $1 in
        unit|integration|scenario|chaos|chain|late|brokers|pipeline|replay|lab|k8s|fuzz|sanitize|tidy) words+=("$1") ;;
        --kills|--seed)
            [[ ${2:-} =~ ^[0-9]+$ ]] || { echo "run.sh: $1 wants a number" >&2; exit 64; }
            if [ "$1" = --kills ]; then KILLS=$2; else SEED=$2; fi
            shift ;;
        *) echo "run.sh: '$1'? unit, integration, scenario, chaos, lab, k8s, fuzz, sanitize or tidy; --kills N, --seed N" >&2; exit 64 ;;
    esac
    shift
done
[ ${#words[@]} -gt 0 ] || words=(unit integration scenario chaos)
for word in "${words[@]}"; do "run_$word"; done
echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
[ "$FAILED" = 0 ]
