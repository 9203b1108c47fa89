#!/usr/bin/env bash
# Tests of an integration in shell: each runs in a sandbox of its own on the mock that DEFENTRY_BASE_URL names.
set -euo pipefail
mock=${DEFENTRY_BASE_URL:-http://127.0.0.1:8650}
http() { curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@"; }
jq() { command jq --raw-output "$@"; }
is() { [ "$1" = "$2" ] || { echo "expected $2, got $1" >&2; exit 1; }; }

# The script under test: calls for a user, in the standardized format, with a token that $token holds.
api() { http --header "Authorization: Bearer $token" --header 'X-API-Version: 2026-06-12' "$base/api/v1/$1" "${@:2}"; }
log_in() {
    local user='{ "client_id": "mock-client", "client_secret": "mock-secret", "email": "jane.roe@example.com" }'
    token=$(http "$base/api/v1/sso/token" --data "$user" | jq .token)
}

an_email_is_pending_until_its_link_is_opened() {
    is "$(api email-watchlist --data '{ "email": "jane.roe@example.com" }' | jq .data.is_confirmed)" false
    http "$(http "$base/_mock/outbox?wait=5" | jq '.messages[0].link')" --output /dev/null
    is "$(api email-watchlist | jq .data[0].is_confirmed)" true
}

a_leak_raises_an_alarm_that_is_closed() {
    api email-watchlist --data '{ "email": "jane+confirmed-at-once@example.com" }' > /dev/null
    http "$base/_mock/leaks" --data '{ "kind": "email", "value": "jane+confirmed-at-once@example.com" }' > /dev/null
    alarm=$(api alarms | jq .data[0].id)
    is "$(api "alarms/$alarm/close" | jq .data.status)" CLOSED
}

an_expired_token_is_refused() {
    http --request PUT "$base/_mock/clock" --data '{ "advance_seconds": 3600 }' > /dev/null
    is "$(api alarms --output /dev/null --write-out '%{http_code}' 2> /dev/null || true)" 401
    log_in
    api alarms > /dev/null
}

for test in an_email_is_pending_until_its_link_is_opened a_leak_raises_an_alarm_that_is_closed an_expired_token_is_refused; do
    (
        sandbox=$(http --request POST "$mock/_mock/sandboxes")
        trap 'http --request DELETE "$mock/_mock/sandboxes/$(jq .id <<< "$sandbox")"' EXIT
        base=$(jq .base_url <<< "$sandbox")
        log_in
        "$test"
    )
    echo "ok $test"
done
