#!/usr/bin/env bash
# accuracy.sh CWCTL SCORE_FOLDER - every scorer there is (asd.py aside) with its figures and processor time; exit 1 when one failed.
# Default options, one configuration for all; the scorers call cwctl and nothing else.
set -uo pipefail
CWCTL=$(readlink -f "$1") SCORE=$2
export CWCTL
failed=0
TEMP=$(mktemp -d "${TMPDIR:-/tmp}/causeway-accuracy.XXXXXX")
trap 'rm -rf "$TEMP"' EXIT
trap 'exit 130' INT TERM

score() { # NAME WORDS...
    local name=$1 began=$SECONDS code; shift
    ( cd "$SCORE" && TIMEFORMAT='%U %S' && time "$PYTHON" "$@" >"$TEMP/out" 2>"$TEMP/err" ) 2>"$TEMP/time"
    code=$?
    if [ $code != 0 ]; then failed=1; echo "exit $code: $(tail -1 "$TEMP/err")" >>"$TEMP/out"; fi
    awk -v name="$name" -v wall=$((SECONDS-began)) -v time="$(tail -1 "$TEMP/time")" '
        BEGIN { split(time, t, " ") }
        NF { gsub(/\|/, "/"); printf "| %-13s | %s | %s | %s |\n", seen++ ? "" : name, $0, seen == 1 ? wall " s" : "", seen == 1 ? t[1] " s" : "" }' "$TEMP/out"
}

echo '| set | figures | wall | user |'
echo '|---|---|---|---|'
for name in nab kpi loghub m4; do score $name $name.py; done
for name in rcd petshop nezha; do score "rca $name" rca.py $name; done
exit $failed
