#!/usr/bin/env bash
# Asks over the API and waits for the outcome; action.yml sets the environment. Exits as
# `countersign wait` does: 0 applied, 3 denied, 4 expired or cancelled, 5 failed to apply.
set -euo pipefail

countersign() { node "$ASK_MAIN" "$@"; }
# Members of a JSON object, one a line: nothing in them can begin a line of its own in the log.
members() {
  node -e 'const [, text, ...names] = process.argv;
    const given = JSON.parse(text);
    for (const name of names) console.log(String(given[name] ?? "").replace(/[\r\n]+/g, " "));' "$@"
}

arguments=(--json "--key=$ASK_KEY")
[[ -n "$ASK_REASON" ]] && arguments+=("--reason=$ASK_REASON")
[[ -n "$ASK_AUDIENCE" ]] && arguments+=("--audience=$ASK_AUDIENCE")
while IFS= read -r line; do
  line="${line%$'\r'}"
  [[ -n "${line//[[:space:]]/}" ]] && arguments+=("--field=$line")
done <<<"$ASK_FIELDS"

code=0
asked="$(countersign request "${arguments[@]}" -- "$ASK_WORKFLOW")" || code=$?
if [[ "$code" != 0 ]]; then
  if [[ "$asked" == "{"* ]]; then
    mapfile -t said < <(members "$asked" detail code)
    echo "Refused: ${said[0]} [${said[1]}]" >&2
  fi
  exit "$code"
fi

mapfile -t request < <(members "$asked" waitToken id number url)
echo "::add-mask::${request[0]}"
export COUNTERSIGN_TOKEN="${request[0]}"
printf '%s\n' "id=${request[1]}" "number=${request[2]}" "url=${request[3]}" >>"$GITHUB_OUTPUT"
echo "Request ${request[2]}: ${request[3]}"

ended="$(countersign wait --json "--timeout=$ASK_TIMEOUT" -- "${request[1]}")" || code=$?
if [[ "$ended" == "{"* ]]; then
  mapfile -t outcome < <(members "$ended" state)
  echo "state=${outcome[0]}" >>"$GITHUB_OUTPUT"
  echo "Outcome: ${outcome[0]}"
fi
exit "$code"
