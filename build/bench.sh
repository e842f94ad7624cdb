#!/usr/bin/env bash
# ./tarn bench [NAME] [--json]: one line per promise, each a ratio or a value against its goal.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# shellcheck source=steps.sh
source "$root/build/steps.sh"
build_gallery
need dotnet "Install the .NET 10 SDK."
run_quietly "$root/artifacts/bench-build.log" dotnet build "$root/bench/Tarn.Bench" -c Release --nologo -v quiet
exec dotnet "$root/bench/Tarn.Bench/bin/Release/net10.0/Tarn.Bench.dll" "$@"
