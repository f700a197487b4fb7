#!/bin/sh
# Install the Debian packages that the tests need, or say which are missing.
set -eu

missing=""

for browser in chromium chromium-browser google-chrome none; do
    command -v "$browser" >/dev/null 2>&1 && break
done
[ "$browser" != none ] || missing="$missing chromium"

postgis=none
for version in /usr/lib/postgresql/*; do
    [ -x "$version/bin/initdb" ] &&
        [ -e "/usr/share/postgresql/${version##*/}/extension/postgis.control" ] &&
        [ -e "$version/lib/postgis-3.so" ] &&
        postgis=$version
done
[ "$postgis" != none ] || missing="$missing postgresql postgresql-postgis"

fonts=$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/root}/.fonts" \
    -iname '*CJK*' 2>/dev/null | head -n 1)
[ -n "$fonts" ] || missing="$missing fonts-noto-cjk"

[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Error: the tests need packages that are missing; run: sudo apt-get install$missing" >&2
    exit 1
fi
echo "Installing the Debian packages of the tests:$missing ..."
apt-get update -qq </dev/null
# shellcheck disable=SC2086 - a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
    </dev/null >/dev/null
