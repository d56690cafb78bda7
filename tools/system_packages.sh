#!/usr/bin/env bash
# Bring the system programs that tests and screenshots need: a browser, Chinese fonts, a PostgreSQL and a MariaDB server.
# On Debian as root it installs those missing; elsewhere it names them, and the tests that need them skip.
set -euo pipefail

missing=()
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fontconfig fonts-noto-cjk)
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0 || missing+=(libpangoft2-1.0-0) # reports as PDF
command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing+=(mariadb-server)

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

if grep -qs '^ID=debian$' /etc/os-release && [ "$(id -u)" = 0 ]; then
  echo "Installing from Debian: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update -qq </dev/null && apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null; then
    exit 0
  fi
fi
echo "Not on this machine: ${missing[*]}. Tests that need them are skipped." >&2
