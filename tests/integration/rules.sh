#!/bin/sh
# rules.sh - the alert rules: what promtool thinks of them; that each fires when it should and not before (rules_test.yaml); each metric that
# they and the dashboard name stands in a table of docs/operations.md; each runbook_url leads to a heading there.
# Exit 77: promtool is not installed.
set -eu
command -v promtool >/dev/null || { echo "promtool is not installed"; exit 77; }
cd "$(dirname "$0")/../.."
rules=helm/causeway/files/rules.yaml
failed=0
fail() { echo "$*"; failed=1; }
promtool check rules $rules >/dev/null || fail "promtool check rules"
promtool test rules tests/integration/rules_test.yaml || fail "promtool test rules"

for name in $(cat $rules helm/causeway/files/*.json | grep -o 'causeway_[a-z_]*' | sort -u); do
    grep -q "^| \`$name\` |" docs/operations.md || fail "$name is in no table of docs/operations.md"
done

anchors=$(sed -n 's/^##* //p' docs/operations.md | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9\n-')
[ "$(grep -c -- '- alert:' $rules)" = "$(grep -c runbook_url: $rules)" ] || fail "an alert without a runbook_url"
for url in $(sed -n 's/.*runbook_url: //p' $rules); do
    case $url in docs/operations.md'#'*) ;; *) fail "$url is elsewhere" ;; esac
    echo "$anchors" | grep -qx -- "${url#*#}" || fail "$url leads nowhere"
done
for alert in $(sed -n 's/.*- alert: //p' $rules); do
    grep -q "alertname: $alert\$" tests/integration/rules_test.yaml || fail "$alert is not tried"
done
[ $failed = 0 ] && echo "$(grep -c -- '- alert:' $rules) alerts hold"
exit $failed
