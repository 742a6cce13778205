#!/usr/bin/env bash
# run.sh [chart] [compose] [cluster]: the containers' tests; without a word all of them. What a tool is missing for is skipped with a word.
set -uo pipefail
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- chart compose cluster
worst=0
for part in "$@"; do
    case $part in
        chart|compose|cluster) bash "./$part.sh" ;;
        *) echo "run.sh: '$part'? chart, compose or cluster" >&2; exit 64 ;;
    esac
    code=$?
    [ $code = 0 ] || [ $code = 77 ] || worst=1
done
exit $worst
