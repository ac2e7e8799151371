#!/bin/sh
# Installs the AppOS agent on this server and connects it to its control plane.
#   export APPOS_ENROLLMENT_TOKEN=… APPOS_CONTROL_PLANE_ID=cp_…; curl -fsSL URL/install.sh | sudo -E sh
# With "sh -s -- --allow-host-terminal" instead of "sh", the control plane may open a terminal on this server, as root.
# Also honoured: APPOS_CA_FILE (certificates to trust), HTTPS_PROXY, NO_PROXY, DOCKER_HOST, APPOS_AGENT_DIR (where identity, journal and
# apps go), APPOS_REPLACE=yes (give up an identity that this machine has), APPOS_PREFIX (install below another folder).
# The control plane fills in its address and the archives' checksums. Everything is in one function: half a download does nothing.

install_appos_agent() {
  set -eu
  umask 022
  url='__APPOS_URL__'
  prefix=${APPOS_PREFIX:-}
  home=$prefix/opt/appos-agent
  work=
  trap 'clean_up' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  host_terminal=
  for option in "$@"; do
    case $option in
      --allow-host-terminal) host_terminal=yes ;;
      *) stop "There is no option $option. There is: --allow-host-terminal" ;;
    esac
  done

  [ "$(id -u)" = 0 ] || stop "The agent is installed as root. Run this with: curl … | sudo -E sh"
  case $(uname -m) in
    x86_64) arch=x64 checksum='__APPOS_SHA256_X64__' ;;
    aarch64 | arm64) arch=arm64 checksum='__APPOS_SHA256_ARM64__' ;;
    *) stop "The agent runs on 64-bit x86 and ARM, not on $(uname -m)." ;;
  esac
  case $checksum in *[!0-9a-f]* | '') stop "This control plane has no agent for $arch machines." ;; esac
  [ "$(uname -s)" = Linux ] || stop "The agent runs on Linux, not on $(uname -s)."
  if [ -n "$(ls /lib/ld-musl-* 2> /dev/null)" ] && [ -z "$(ls /lib*/ld-linux-* /lib/*/ld-linux-* 2> /dev/null)" ]; then
    stop "The agent needs glibc; this machine has musl (Alpine). Use Debian, Ubuntu, Fedora or another distribution with glibc."
  fi
  for tool in curl tar gzip sha256sum; do
    command -v "$tool" > /dev/null || stop "$tool is missing. Install it with this machine's package manager and run this again."
  done
  [ -n "${APPOS_ENROLLMENT_TOKEN:-}" ] || stop "APPOS_ENROLLMENT_TOKEN is not set. Copy the whole command from the console, and keep the -E of sudo."
  [ -n "${APPOS_CONTROL_PLANE_ID:-}" ] || stop "APPOS_CONTROL_PLANE_ID is not set. Copy the whole command from the console, and keep the -E of sudo."
  etc=${APPOS_AGENT_DIR:-$prefix/etc/appos}
  if [ -e "$etc/agent.json" ] && [ "${APPOS_REPLACE:-}" != yes ]; then
    stop "This machine is enrolled already ($etc/agent.json). Set APPOS_REPLACE=yes to give that up, or run: appos-agent uninstall"
  fi
  mkdir -p "$home"
  free=$(df -Pk "$home" | free_of)
  [ "${free:-0}" -ge 350000 ] || stop "There is too little space in $home: 350 MB are needed, $((free / 1000)) MB are free."

  work=$home/.new.$$
  mkdir -m 700 "$work"
  say "Fetching the agent from $url"
  case $url in
    https://*) set -- --proto '=https' ;;
    http://127.* | http://localhost | http://localhost:* | http://\[::1\]*) set -- --proto '=http' --noproxy '*' ;;
    *) stop "$url is not encrypted. Give the control plane an https address (APPOS_PUBLIC_URL) and copy the command again." ;;
  esac
  [ -z "${APPOS_CA_FILE:-}" ] || set -- "$@" --cacert "$APPOS_CA_FILE"
  curl -fsS --retry 3 --max-redirs 0 "$@" -o "$work/agent.tar.gz" "$url/agent/appos-agent-linux-$arch.tar.gz" \
    || stop "The agent could not be fetched from $url."
  printf '%s  %s\n' "$checksum" "$work/agent.tar.gz" | sha256sum -c > /dev/null 2>&1 \
    || stop "What was fetched is not the agent of this control plane (its SHA-256 is another). Nothing was installed."
  mkdir "$work/agent"
  tar -xzf "$work/agent.tar.gz" -C "$work/agent" --no-same-owner
  rm -f "$work/agent.tar.gz"
  "$work/agent/bin/node" --version > /dev/null 2>&1 || stop "The agent's Node does not run here. It needs glibc 2.28 or newer."
  version=$(cat "$work/agent/VERSION")

  appos() { "$work/agent/bin/node" "$work/agent/agent.mjs" "$@"; }
  set -- --url "$url" --key "$APPOS_CONTROL_PLANE_ID"
  [ "${APPOS_REPLACE:-}" != yes ] || set -- "$@" --replace
  appos enroll "$@" < /dev/null || exit 1
  unset APPOS_ENROLLMENT_TOKEN
  [ -z "$host_terminal" ] || appos policy allow host-terminal \
    || say "Terminals on this server stay off. Try again later: appos-agent policy allow host-terminal"

  rm -rf "$home/.old"
  [ ! -e "$home/$version" ] || mv "$home/$version" "$home/.old"
  mv "$work/agent" "$home/$version"
  rm -rf "$home/.old"
  ln -sfn "$version" "$home/current.new" && mv -T "$home/current.new" "$home/current"
  for old in "$home"/*/; do
    old=${old%/}
    [ "$old" = "$home/$version" ] || [ "$old" = "$home/current" ] || rm -rf "$old"
  done
  "$home/current/bin/node" "$home/current/agent.mjs" service install || stop "The agent is installed, but its service could not be started."
  clean_up
  if "$prefix/usr/local/bin/appos-agent" status --wait 30 > /dev/null 2>&1; then
    say "The agent is up. Commands: appos-agent status, appos-agent doctor, appos-agent uninstall"
    return 0
  fi
  say "The agent is installed and keeps trying, but is not connected yet:"
  "$prefix/usr/local/bin/appos-agent" doctor || true
  exit 1
}

free_of() { read -r _; read -r _ _ _ available _; echo "$available"; }
say() { printf 'appos: %s\n' "$1"; }
stop() { printf 'appos: %s\n' "$1" >&2; exit 1; }
clean_up() { [ -z "${work:-}" ] || rm -rf "$work"; [ -n "$(ls "${home:-/}" 2> /dev/null)" ] || rmdir "$home" 2> /dev/null || true; }

install_appos_agent "$@"
