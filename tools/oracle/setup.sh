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
# NLTK's English sentence model for IFEval: its own download is not on a package registry, this wheel carries it.
if [ ! -d "$venv/nltk_data/tokenizers/punkt_tab" ]; then
  wheel=$(mktemp -d)
  "$venv/bin/pip" download -q --no-deps -d "$wheel" llama-index-core==0.12.50
  (cd "$wheel" && "$venv/bin/python" -m zipfile -e ./*.whl . && mkdir -p "$venv/nltk_data/tokenizers" \
    && cp -r llama_index/core/_static/nltk_cache/tokenizers/punkt_tab "$venv/nltk_data/tokenizers/")
  rm -rf "$wheel"
fi
echo "ready: $venv/bin/python"
