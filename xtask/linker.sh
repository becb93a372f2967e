#!/bin/sh
# Sees to it that Rust can link: xtask, which does all other set-up, must be built first.
set -eu

packages="gcc libc6-dev"

if command -v cc >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "error: no C compiler and linker \`cc\` found, and Rust needs one to link" >&2
    echo "hint: run \`sudo apt-get install --no-install-recommends $packages\`" >&2
    exit 1
fi
echo "installing $packages"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # two packages, two words
apt-get install -y -qq --no-install-recommends $packages
