#!/usr/bin/env bash
# Runs the contract suite, and keeps one issue about what has drifted: opened by the first run that finds something, updated
# by the next ones, closed by the first green one. A run whose set-up fails is red and touches no issue.
#
# Reads GH_TOKEN (for gh) and RUN_URL, and the DEFENTRY_… variables of the suite. `defentry/` holds the profile and the list
# of known deviations; either may be missing.
set -euo pipefail

title="The Defentry API has drifted from what we know of it"
results=${DEFENTRY_RESULTS_DIR:-results}
mkdir -p "$results"

flags=()
[ ! -f defentry/profile.json ] || flags+=(--profile defentry/profile.json)
[ ! -f defentry/deviations.json ] || flags+=(--deviations defentry/deviations.json --strict)

code=0
contract run "${flags[@]}" | tee "$results/drift.txt" || code=$?

moved=$(sed -n 's/^learnt .* as learnt, \([0-9]*\) moved.*/\1/p' "$results/drift.txt")
case $code in
    0 | 4) drifted=$([ "${moved:-0}" -eq 0 ] && echo no || echo yes) ;;
    1) drifted=yes ;;
    *)
        echo "the run could not be made (exit code $code): no issue is touched" >&2
        exit "$code"
        ;;
esac

open=$(gh issue list --state open --search "in:title \"$title\"" --json number,title \
    --jq "map(select(.title == \"$title\"))[0].number // empty")
{
    printf 'Run of %s: %s\n\n```text\n' "$(date -u +%F)" "${RUN_URL:-}"
    head -n 60 "$results/drift.txt"
    printf '```\n'
} > "$results/issue.md"

if [ "$drifted" = yes ]; then
    if [ -n "$open" ]; then
        gh issue comment "$open" --body-file "$results/issue.md"
    else
        gh issue create --title "$title" --body-file "$results/issue.md"
    fi
elif [ -n "$open" ]; then
    gh issue close "$open" --comment "Green again: ${RUN_URL:-}"
fi
