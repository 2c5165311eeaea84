#!/usr/bin/env bash
# Write the hashed lists of packages from pyproject.toml, valid on Python 3.11 to 3.13. Arguments go to uv:
#   requirements/lock.sh                  keep the versions that still fit
#   requirements/lock.sh --upgrade        take the newest
# uv is used here only: pip-compile looks at the one Python it runs on, and leaves out what another needs.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -x .venv-lock/bin/uv ]; then
    "$(requirements/python.sh)" -m venv .venv-lock
    .venv-lock/bin/pip install --quiet uv
fi

compile() { # OUTPUT INPUT...
    .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "requirements/$1" "${@:2}"
}

compile runtime.txt pyproject.toml "$@"
# The runtime's versions bind the other lists: what is tested is what is served.
compile test.txt pyproject.toml --extra tune --group test --constraints requirements/runtime.txt "$@"
# onnxruntime-gpu has the same files as onnxruntime: only one of them may be installed.
compile gpu.txt pyproject.toml --extra gpu --constraints requirements/runtime.txt --excludes requirements/gpu-excludes.txt "$@"
compile build.txt requirements/build.in "$@"
compile node.txt requirements/node.in "$@"
