#!/bin/sh
# Runs a command with AppOS's own Node and pnpm: sh scripts/run.sh COMMAND [ARGUMENT...]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/env.sh"
exec "$@"
