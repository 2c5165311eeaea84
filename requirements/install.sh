#!/usr/bin/env bash
# Make the virtual environment FOLDER from the hashed list LOCK, with tidegate itself in it:
#   requirements/install.sh .venv requirements/runtime.txt
# The project is installed as a link to this checkout. What builds it is hashed too, and is gone afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 lock=$2

"$(requirements/python.sh)" -m venv --clear "$folder"
pip="$folder/bin/python -m pip --disable-pip-version-check"
$pip install --require-hashes -r "$lock"
$pip check
$pip install --quiet --require-hashes --target "$folder/build" -r requirements/build.txt
PYTHONPATH="$folder/build" $pip install --quiet --no-deps --no-build-isolation --editable .
rm -r "$folder/build"
