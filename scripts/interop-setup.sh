#!/usr/bin/env bash
# Finds or installs what the interop suite runs against: a Python with HuggingFace transformers, torch, safetensors and tokenizers.
# The last line on standard output is the interpreter to call. Everything else goes to standard error.
#
#   RASPC_PYTHON=/path/to/python   use this one (`pip install transformers torch safetensors tokenizers` in some environment)
#   XDG_CACHE_HOME                 where the installed one is kept (default ~/.cache), in raspc/interop
#
# Installing takes a Debian or Ubuntu machine, root, and about 4 minutes: Debian's testing suite packages all four, so it is put into
# a folder of its own by debootstrap, from the mirror that this machine's apt uses. 300 MB are fetched, 2 GB stay on disk.
set -euo pipefail

suite=forky
packages='python3-transformers python3-torch python3-safetensors python3-tokenizers libopenblas0-pthread'
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/raspc/interop
imports='import transformers, torch, safetensors, tokenizers; print(transformers.__version__, torch.__version__)'

say() { echo "interop-setup: $*" >&2; }
cannot() {
  say "cannot set up the interop suite: $*"
  say 'set RASPC_PYTHON to a Python that has transformers, torch, safetensors and tokenizers'
  exit 1
}

works() { "$1" -c "$imports" >&2 2>/dev/null; }

if [ -n "${RASPC_PYTHON:-}" ]; then
  works "$RASPC_PYTHON" || cannot "RASPC_PYTHON=$RASPC_PYTHON cannot import transformers, torch, safetensors and tokenizers"
  echo "$RASPC_PYTHON"
  exit 0
fi

if [ -x "$cache/python" ] && works "$cache/python"; then
  echo "$cache/python"
  exit 0
fi

command -v apt-get >/dev/null || cannot 'this machine has no apt-get, so it is neither Debian nor Ubuntu'
[ "$(id -u)" = 0 ] || cannot 'installing takes root'
[ "$(uname -m)" = x86_64 ] || cannot "the installer knows x86_64 only, and this is $(uname -m)"
command -v flock >/dev/null || cannot 'this machine has no flock'

mkdir -p "$cache"
log=$cache/setup.log
exec 9>"$cache/lock"
flock 9
# someone else may have finished while this one waited
if [ -x "$cache/python" ] && works "$cache/python"; then
  echo "$cache/python"
  exit 0
fi

say "installing into $cache (about 4 minutes; details in $log)"
: >"$log"
root=$cache/root.new
unmount() { if mountpoint -q "$root/proc" 2>/dev/null; then umount "$root/proc"; fi; }
trap unmount EXIT
unmount
rm -rf --one-file-system "$root" "$cache/python"

step() {
  local what=$1
  shift
  say "$what"
  "$@" >>"$log" 2>&1 </dev/null || {
    tail -n 5 "$log" >&2
    cannot "$what failed"
  }
}

export DEBIAN_FRONTEND=noninteractive
step 'refreshing the list of packages' apt-get update
command -v debootstrap >/dev/null || step 'installing debootstrap' apt-get install -y --no-install-recommends debootstrap
site=$(apt-get indextargets --format '$(SITE)' | grep -m 1 -i debian || true)
site=${site:-http://deb.debian.org/debian}
scripts=/usr/share/debootstrap/scripts
[ -e "$scripts/sid" ] || cannot "debootstrap has no script for Debian's newest suites in $scripts"
step "fetching the base of Debian $suite" \
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$site" "$scripts/sid"
if ! mountpoint -q "$root/proc"; then mount --bind /proc "$root/proc" 2>>"$log" || say 'going on without /proc'; fi
# shellcheck disable=SC2086
step 'installing transformers and torch' chroot "$root" apt-get install -y --no-install-recommends $packages
unmount
rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
rm -rf --one-file-system "$cache/root"
mv "$root" "$cache/root"

name=$(basename "$(readlink -f "$cache/root/usr/bin/python3")")
cat >"$cache/python.new" <<WRAPPER
#!/bin/sh
# Debian's Python, run by its own loader from where it lies: needs neither root nor chroot.
here=\$(dirname "\$(readlink -f "\$0")")
usr=\$here/root/usr
lib=\$usr/lib/x86_64-linux-gnu
exec env OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false PYTHONHOME="\$usr" PYTHONNOUSERSITE=1 \\
  PYTHONDONTWRITEBYTECODE=1 "\$usr/lib64/ld-linux-x86-64.so.2" --argv0 "\$here/python" \\
  --library-path "\$lib:\$lib/openblas-pthread:\$lib/blas:\$lib/lapack:\$usr/lib" "\$usr/bin/$name" "\$@"
WRAPPER
chmod +x "$cache/python.new"
works "$cache/python.new" || cannot 'the installed Python cannot import transformers, torch, safetensors and tokenizers'
mv "$cache/python.new" "$cache/python"
say 'done'
echo "$cache/python"
