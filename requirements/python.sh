#!/bin/sh
# Print the path of the first Python 3.11 to 3.13 that can make a virtual environment; PYTHON=... asks for one.
names=${PYTHON:-python3.11 python3.12 python3.13 python3 python}
for name in $names; do
    path=$(command -v "$name") || continue
    if "$path" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        echo "$path"
        exit
    fi
done
echo "tidegate needs Python 3.11, 3.12 or 3.13 with venv, and none of these is one: $names" >&2
echo "On Debian and Ubuntu: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
