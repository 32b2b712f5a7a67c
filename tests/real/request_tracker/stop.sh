#!/bin/bash
# Stops the instance of a state dir, and nothing else: stop.sh [state dir]
set -euo pipefail
state=$(realpath -m "${1:-rt-state}")
[ -s "$state/rt.pid" ] || exit 0
pid=$(cat "$state/rt.pid")
kill "$pid" 2>/dev/null || true
for _ in $(seq 1 100); do
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
rm -f "$state/rt.pid"
