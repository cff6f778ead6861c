#!/usr/bin/env bash
# Finds or installs the browser that the tests of pages run in. The last line on standard output is the program to call.
#
#   RASPC_BROWSER=/path/to/chromium   use this one
#
# Installing takes a Debian or Ubuntu machine and root: Debian's chromium, some 300 MB.
set -euo pipefail

say() { echo "browser-setup: $*" >&2; }

for candidate in "${RASPC_BROWSER:-}" "$(command -v chromium || true)" "$(command -v chromium-browser || true)" "$(command -v google-chrome || true)"; do
  if [ -n "$candidate" ] && [ -x "$candidate" ]; then
    echo "$candidate"
    exit 0
  fi
done
command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || {
  say 'there is no Chromium here, and installing one takes root on Debian or Ubuntu; set RASPC_BROWSER to one'
  exit 1
}
say "installing Debian's chromium"
{
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium
} >&2
command -v chromium
