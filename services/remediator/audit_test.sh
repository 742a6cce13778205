#!/bin/sh
# audit_test.sh LIFE_TEST PYTHON VERIFIER: a chain written by C holds for the
# verifier, and does not hold once a byte of it is changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf secret > "$folder/key"
CW_AUDIT_OUT="$folder/chain" "$1" > /dev/null 2>&1
AUDIT_KEY_FILE="$folder/key" "$2" "$3" < "$folder/chain"
sed '3s/SUCCEEDED/succeeded/' "$folder/chain" > "$folder/changed"
if AUDIT_KEY_FILE="$folder/key" "$2" "$3" < "$folder/changed"; then
    echo "a changed chain was taken for whole" >&2
    exit 1
fi
if AUDIT_KEY_FILE=/dev/null "$2" "$3" < "$folder/chain"; then
    echo "a chain was taken without its key" >&2
    exit 1
fi
