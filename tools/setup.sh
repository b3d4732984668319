#!/bin/sh
# Installs what building and checking need: Debian packages (as root, or with sudo), and Python tools into .venv.
# Does nothing when all is there.
set -e
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"

missing=""
need() { # PROGRAM-OR-FILE PACKAGE
    case "$1" in
        /*) [ -e "$1" ] || missing="$missing $2" ;;
        *) command -v "$1" >/dev/null 2>&1 || missing="$missing $2" ;;
    esac
}
need gcc gcc
need /usr/include/stdlib.h libc6-dev
need make make
need cmake cmake
need ninja ninja-build
need clang clang
need /usr/include/cmocka.h libcmocka-dev
need /usr/include/uv.h libuv1-dev
need /usr/include/xxhash.h libxxhash-dev
need "$PYTHON" python3
if command -v "$PYTHON" >/dev/null 2>&1; then
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    "$PYTHON" -c 'import os, sysconfig, sys; sys.exit(not os.path.exists(sysconfig.get_paths()["include"] + "/Python.h"))' \
        || missing="$missing python3-dev"
else
    missing="$missing python3-venv python3-dev"
fi

if [ -n "$missing" ]; then
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || { echo "setup: install these first:$missing" >&2; exit 1; }
        sudo=sudo
    fi
    echo "setup: installing$missing"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
fi

if ! cmp -s tools/requirements.txt .venv/done; then
    echo "setup: making .venv"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
        || { echo "setup: $PYTHON is too old; make PYTHON=/path/to/python3.10-or-newer" >&2; exit 1; }
    [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check -r tools/requirements.txt
    cp tools/requirements.txt .venv/done
fi
