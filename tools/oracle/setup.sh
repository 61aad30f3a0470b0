#!/usr/bin/env bash
# The Python side of the goldens and of bench/peers, in a virtual environment outside the repository.
#   tools/oracle/setup.sh [folder, default /work/venv]
# Building, testing and using Lion never needs this. PyPI's torch brings CUDA libraries (6 GB on disk); there is no smaller
# wheel on PyPI.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-/work/venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q -r "$here/requirements.txt"
# Read for their source and their fitting code only; their pins clash with the rest.
"$venv/bin/pip" install -q --no-deps -r "$here/requirements-no-deps.txt"
echo "ready: $venv/bin/python"
