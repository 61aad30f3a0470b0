#!/usr/bin/env bash
# Makes the weights of models/cub again from this repository alone: tokenizer, corpus, pre-training, bf16 safetensors.
# About half an hour on two quiet cores with bf16 instructions. The same version of Lion with the same number of threads on the same kind of
# processor gives the same bytes; those committed are of version 0.1.0/7, two cores, AMD with AVX512-BF16.
#   tools/make-cub.sh [RUN]      RUN is where corpus, checkpoints and report go (default runs/cub); running it again continues
set -euo pipefail
cd "$(dirname "$0")/.."
run=${1:-runs/cub}
export LION_HEAP=${LION_HEAP:-4g}
[ -f "$run/start/config.json" ] || ./lion cub tokenizer --out "$run/start"
[ -f "$run/data/manifest.json" ] ||
  ./lion cub generate --out "$run/data" --seed 1 --documents 600000 --sft 0 --pairs 0 --prompts 0 --heldout 0
./lion pretrain recipes/cub-pretrain.yaml --out "$run/pretrain" --set "model.path=$run/start" --set "data.train=[$run/data/corpus.jsonl]"
cp "$run/pretrain/model/model.safetensors" models/cub/model.safetensors
sha256sum models/cub/model.safetensors
