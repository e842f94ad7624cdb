# Build steps shared by ./tarn, build/test.sh and build/bench.sh. Sourced; needs $root.
# All output goes to stderr, so that a verb's stdout (--json) stays its own.

say() { printf '%s\n' "$*" >&2; }

need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  say "tarn: $1 is not on PATH. $2"
  exit 1
}

# stale STAMP PATH…: true where something under the paths is newer than the stamp.
stale() {
  local stamp=$1; shift
  [ -f "$stamp" ] || return 0
  [ -n "$(find "$@" \( -name bin -o -name obj -o -name node_modules -o -name dist -o -name .npm-lock \) -prune -o -type f -newer "$stamp" -print -quit 2>/dev/null)" ]
}

# locked COMMAND…: one build at a time in this checkout.
locked() {
  mkdir -p "$root/artifacts"
  if command -v flock >/dev/null 2>&1; then
    # The lock is not for the compiler server and the like that a build leaves running.
    (flock 9; "$@" 9>&-) 9>"$root/artifacts/build.lock"
  else
    "$@"
  fi
}

run_quietly() {
  local log=$1; shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    say "tarn: failed: $* (whole output: $log)"
    exit 1
  fi
}

build_console_now() {
  local web=$root/src/Tarn.Console/web stamp=$root/artifacts/console.stamp
  [ -f "$web/package.json" ] || return 0
  [ -f "$web/dist/index.html" ] && ! stale "$stamp" "$web" "$root"/systems/*/web && return 0
  need npm "Install Node.js 20 or newer; it builds the web console and fetches the native engines."
  say "tarn: building the console …"
  touch "$stamp.new"
  if [ ! -f "$web/node_modules/.package-lock.json" ] || [ "$web/package-lock.json" -nt "$web/node_modules/.package-lock.json" ]; then
    (cd "$web" && run_quietly "$root/artifacts/console-install.log" npm ci --ignore-scripts --no-audit --no-fund)
  fi
  (cd "$web" && run_quietly "$root/artifacts/console-build.log" npm run build)
  mv "$stamp.new" "$stamp"
}

build_gallery_now() {
  build_console_now
  local stamp=$root/artifacts/gallery.stamp
  [ -f "$root/systems/Gallery/bin/Release/net10.0/Gallery.dll" ] \
    && ! stale "$stamp" "$root/src" "$root/adapters" "$root/systems" "$root/native" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/artifacts/console.stamp" \
    && return 0
  need dotnet "Install the .NET 10 SDK."
  need npm "Install Node.js 20 or newer; it builds the web console and fetches the native engines."
  say "tarn: building …"
  touch "$stamp.new"
  run_quietly "$root/artifacts/gallery-build.log" dotnet build "$root/systems/Gallery" -c Release --nologo -v quiet
  mv "$stamp.new" "$stamp"
}

build_gallery() { locked build_gallery_now; }
build_console() { locked build_console_now; }
