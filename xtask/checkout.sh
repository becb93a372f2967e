#!/bin/sh
# Sees to it that what is built is of this checkout. Several checkouts share the target folder, so
# that dependencies are built once; cargo takes a crate of another one for its own when the source
# files are older than what was built of them. Newer files make it look again.
set -eu

stamp="${CARGO_TARGET_DIR:?}/checkout"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$PWD" ]; then
    exit 0
fi
find bpf crates tests xtask -name '*.rs' -exec touch {} +
find bpf -type f -exec touch {} +
mkdir -p "$CARGO_TARGET_DIR"
printf '%s\n' "$PWD" >"$stamp"
