#!/usr/bin/env bash
# Environment, llama.cpp (prebuilt in a wheel) and inputs for the peer measurements.
#   bench/peers/setup.sh [environment, default /work/venv] [inputs, default /work/peers]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-/work/venv}
"$here/../../tools/oracle/setup.sh" "$venv"
"$venv/bin/pip" install -q xllamacpp==2026.10.11549 gguf==0.19.0
"$venv/bin/python" "$here/make_inputs.py" --out "${2:-/work/peers}"
