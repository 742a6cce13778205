#!/bin/sh
# make_operations.sh BIN [--check] - docs/operations.md from operations.in.md and the tables of the programs in BIN.
# --check: says what differs and exits 1 instead of writing.
set -eu
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")"
new=$(mktemp)
trap 'rm -f "$new"' EXIT
while IFS= read -r line; do
    case $line in
        '<!-- common -->') "$bin/causeway-normalizer" --markdown-common ;;
        '<!-- '*' -->') name=${line#<!-- }; "$bin/causeway-${name% -->}" --markdown ;;
        *) printf '%s\n' "$line" ;;
    esac
done < operations.in.md > "$new"
if [ "${2:-}" = --check ]; then
    diff -u operations.md "$new" || { echo "docs/operations.md is old: docs/make_operations.sh BIN"; exit 1; }
else
    cat "$new" > operations.md
fi
