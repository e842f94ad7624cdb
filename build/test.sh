#!/usr/bin/env bash
# Every test, in one go: installs what is missing where it may, builds once, runs the suites, prints one total.
# The last line is `tests: N passed, N failed, N skipped`.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# shellcheck source=steps.sh
source "$root/build/steps.sh"
logs=$root/artifacts/tests
rm -rf "$logs"; mkdir -p "$logs"

install_servers() {
  local missing=()
  ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql)
  command -v chromium >/dev/null 2>&1 || missing+=(chromium)
  command -v promtool >/dev/null 2>&1 || missing+=(prometheus)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    say "tests: not installed here, and not installable without root and apt: ${missing[*]}; the tests that need them are skipped."
    return 0
  fi
  say "tests: installing ${missing[*]} …"
  export DEBIAN_FRONTEND=noninteractive
  # PostgreSQL's package would start a server of its own; the tests start theirs.
  mkdir -p /etc/postgresql-common
  [ -f /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  if ! (apt-get update && apt-get install -y --no-install-recommends "${missing[@]}") >"$logs/install.log" 2>&1; then
    tail -n 15 "$logs/install.log" >&2
    say "tests: could not install ${missing[*]}; the tests that need them are skipped."
  fi
}

install_clients() {
  local clients
  for clients in "$root"/tests/*/clients; do
    [ -d "$clients/node_modules" ] && [ ! "$clients/package-lock.json" -nt "$clients/node_modules/.package-lock.json" ] && continue
    if ! (cd "$clients" && npm ci --ignore-scripts --no-audit --no-fund) >>"$logs/clients.log" 2>&1; then
      say "tests: could not install the clients that others wrote in ${clients#"$root"/}; the tests that need them are skipped."
    fi
  done
}

need dotnet "Install the .NET 10 SDK."
need npm "Install Node.js 20 or newer."
started=$SECONDS
install_servers
install_clients
build_console
say "tests: building …"
run_quietly "$logs/build.log" dotnet build "$root/Tarn.slnx" -c Release --nologo -v quiet
say "tests: built after $((SECONDS - started)) s"

# One suite = one program or command; each writes its output to a log and its counts, "passed failed skipped", to a file.
run_suite() {
  local name=$1 log=$logs/$1.log begun=$SECONDS status=0 passed failed skipped
  case $name in
    console)
      (cd "$root/src/Tarn.Console/web" && npm run check --silent && npm test --silent) >"$log" 2>&1 || status=$?
      passed=$(sed -E 's/\x1b\[[0-9;]*m//g' "$log" | sed -nE 's/^ *Tests .*[^0-9]([0-9]+) passed.*/\1/p' | tail -n 1)
      failed=$(sed -E 's/\x1b\[[0-9;]*m//g' "$log" | sed -nE 's/^ *Tests .*[^0-9]([0-9]+) failed.*/\1/p' | tail -n 1)
      skipped=$(sed -E 's/\x1b\[[0-9;]*m//g' "$log" | sed -nE 's/^ *Tests .*[^0-9]([0-9]+) skipped.*/\1/p' | tail -n 1)
      ;;
    format)
      dotnet format "$root/Tarn.slnx" --no-restore --verify-no-changes >"$log" 2>&1 || status=$?
      passed=$((status == 0)) failed=$((status != 0)) skipped=0
      ;;
    *)
      dotnet "$root/tests/$name/bin/Release/net10.0/$name.dll" -noColor -noLogo >"$log" 2>&1 </dev/null || status=$?
      local summary total errors
      summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+' "$log" | tail -n 1 || true)
      count() { sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<<"$summary"; }
      total=$(count Total) errors=$(count Errors) failed=$(count Failed) skipped=$(count Skipped)
      failed=$((${failed:-0} + ${errors:-0}))
      passed=$((${total:-0} - ${failed:-0} - ${skipped:-0}))
      if [ -z "$summary" ]; then failed=1 passed=0 skipped=0; fi
      ;;
  esac
  passed=${passed:-0} failed=${failed:-0} skipped=${skipped:-0}
  [ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1
  echo "$passed $failed $skipped" >"$logs/$name.counts"
  printf '%-24s %5d passed %4d failed %4d skipped  %4d s\n' "$name" "$passed" "$failed" "$skipped" $((SECONDS - begun))
  grep -E '\[SKIP\]' -A 1 "$log" | grep -vE '^--$' | sed 's/^/    /' || true
  if [ "$failed" -gt 0 ]; then sed 's/^/    | /' "$log" | tail -n 120; fi
}

suites=()
if [ $# -gt 0 ]; then
  suites=("$@")
else
  # The long ones first, so that the last minutes use both processors.
  for long in Tarn.Simulation Tarn.EndToEnd Quakes.Tests; do [ -d "$root/tests/$long" ] && suites+=("$long"); done
  for folder in "$root"/tests/*/; do
    name=$(basename "$folder")
    case $name in Tarn.Contracts | Tarn.Simulation | Tarn.EndToEnd | Quakes.Tests) ;; *) suites+=("$name") ;; esac
  done
  [ -f "$root/src/Tarn.Console/web/package.json" ] && suites+=(console)
  suites+=(format)
fi

running=0
for name in "${suites[@]}"; do
  if [ "$running" -ge "${TARN_TEST_JOBS:-2}" ]; then wait -n || true; running=$((running - 1)); fi
  run_suite "$name" &
  running=$((running + 1))
done
wait

passed=0 failed=0 skipped=0
for name in "${suites[@]}"; do
  if ! read -r p f s <"$logs/$name.counts"; then p=0 f=1 s=0; echo "$name ended without counts"; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "took $((SECONDS - started)) s; logs are in artifacts/tests"
echo "tests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
