#!/bin/sh
# Fetches what AppOS needs from the npm registry, once: its own Node and pnpm, then the workspace's packages.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd); runtime=$root/tools/runtime; stamp=$runtime/node_modules/.stamp
fail() { printf 'appos: %s\n' "$1" >&2; [ -z "${2:-}" ] || tail -n 6 "$2" >&2; exit 1; }

major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) || fail "Node is missing. Install Node 20 or newer, with npm."
[ "$major" -ge 20 ] || fail "Node $(node -v) is too old. Install Node 20 or newer; AppOS fetches the rest itself."

. "$root/scripts/env.sh"
sum_runtime() { cksum < "$runtime/package-lock.json"; }
sum_packages() { cat "$root/pnpm-lock.yaml" "$root/pnpm-workspace.yaml" "$root/package.json" "$root"/*/package.json | cksum; }
# npm takes an optional package that it cannot fetch for one that is not wanted, and says nothing.
fetched() { [ -x "$runtime/node_modules/node-linux-$_arch/bin/node" ] && [ -x "$runtime/node_modules/@pnpm/exe.linux-$_arch/pnpm" ]; }
runtime_there() { [ "$(cat "$stamp" 2>/dev/null || true)" = "$(sum_runtime)" ] && fetched; }
packages_there() {
  [ "$(cat "$root/node_modules/.bootstrap" 2>/dev/null || true)" = "$(sum_packages)" ] || return 1
  for package in shared control-plane agent web; do [ -d "$root/$package/node_modules" ] || return 1; done
}
if runtime_there && packages_there; then exit 0; fi

# One at a time; who waited finds everything there.
if command -v flock > /dev/null; then exec 9> "$root/tools/.lock"; flock 9; fi

log=$(mktemp); child=
trap 'rm -f "$log"' EXIT
trap '[ -z "$child" ] || kill "$child" 2> /dev/null; exit 143' INT TERM HUP
fetch() { "$@" > "$log" 2>&1 9>&- < /dev/null & child=$!; wait "$child" && child=; }

if ! runtime_there; then
  echo "appos: fetching Node 24 and pnpm (once)"
  fetch npm ci --prefix "$runtime" --ignore-scripts --no-audit --no-fund --loglevel=error \
    --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=4000 --fetch-timeout=60000 \
    && fetched || { npm view "node-linux-$_arch" version --loglevel=error --fetch-retries=0 > "$log" 2>&1 < /dev/null || true; fail "The npm registry cannot be reached, or does not have what AppOS needs. npm said:" "$log"; }
  sum_runtime > "$stamp"
fi
if ! packages_there; then
  echo "appos: fetching packages (once)"
  cd "$root"
  CI=true fetch pnpm install --frozen-lockfile --reporter=append-only \
    --config.fetch-retries=2 --config.fetch-retry-mintimeout=1000 --config.fetch-retry-maxtimeout=4000 --config.fetch-timeout=60000 \
    || fail "The packages could not be fetched from the npm registry. pnpm said:" "$log"
  sum_packages > "$root/node_modules/.bootstrap"
fi
