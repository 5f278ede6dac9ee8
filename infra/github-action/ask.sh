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

audience=()
[[ -n "$ASK_AUDIENCE" ]] && audience+=("--audience=$ASK_AUDIENCE")
arguments=(--json "--key=$ASK_KEY" "${audience[@]}")
[[ -n "$ASK_REASON" ]] && arguments+=("--reason=$ASK_REASON")
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

# Bash handles a signal only between commands, so the command line waits in the background. A run that
# is cancelled takes its request back.
file="$(mktemp)"
stopped=''
node "$ASK_MAIN" wait --json "--timeout=$ASK_TIMEOUT" "${audience[@]}" -- "${request[1]}" >"$file" &
trap 'stopped=1; kill -TERM $! 2>/dev/null || true' INT TERM
wait $! || code=$?
if [[ -n "$stopped" ]]; then
  code=0
  wait $! || code=$?
fi
ended="$(<"$file")"
rm -f "$file"
if [[ "$ended" == "{"* ]]; then
  mapfile -t outcome < <(members "$ended" state)
  echo "state=${outcome[0]}" >>"$GITHUB_OUTPUT"
  echo "Outcome: ${outcome[0]}"
fi
exit "$code"
