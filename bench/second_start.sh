#!/usr/bin/env bash
# From the shell to the first optimizer step of a run whose rows are encoded already: bench/second_start.sh [/work/peers] [times]
# The model is SmolLM2-135M's shape in bf16 (bench/peers/setup.sh), a step is 256 tokens. The first start encodes and is killed after a step.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
peers=${1:-/work/peers}; times=${2:-5}
shared=${LION_SHARED_DATA:-$here/../shared/data}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -r "$peers/model" "$work/model"
for file in tokenizer.json tokenizer_config.json; do
  [ -f "$work/model/$file" ] || { [ -f "$shared/tokenizers/smollm/$file" ] && cp "$shared/tokenizers/smollm/$file" "$work/model/" || gzip -dc "$shared/tokenizers/smollm/$file.gz" >"$work/model/$file"; }
done
cat >"$work/recipe.yaml" <<YAML
model: {path: $work/model, template: chatml}
data: {train: [$shared/sft/rasbt_instructions/instruction-data.json], max_length_tokens: 256, overlong: set_aside}
train: {tokens_per_step: 256, micro_batch_tokens: 256, checkpoint_every_steps: 1000}
YAML
[ -f "$here/cli/target/lion.stamp" ] || "$here/lion" --version >/dev/null
first_step() {   # seconds until the first step is reported; the run is then killed
  local start end pid
  start=$(date +%s.%N)
  "$here/lion" sft "$work/recipe.yaml" --out "$work/run" >"$work/log" 2>&1 & pid=$!
  until grep -q '^step ' "$work/log"; do sleep 0.02; kill -0 $pid 2>/dev/null || { cat "$work/log" >&2; exit 1; }; done
  end=$(date +%s.%N)
  kill -KILL $pid; wait $pid 2>/dev/null || true
  echo "$end $start" | awk '{printf "%.2f", $1 - $2}'
}
echo "first start, rows to be encoded: $(first_step) s"
for i in $(seq "$times"); do echo "second start: $(first_step) s"; done
