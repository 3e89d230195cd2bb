# How fast a model answers, of a run or a recipe, without a dataset; and what is said where ONNX Runtime is not there or
# goes wrong. (tests/onnx/importers_test.sh runs the real one.)
source "$HELPERS"
make_recipe small.toml 's/"\.\/digits"/".\/nowhere"/'
export RUNG_PYTHON=./python
measure() { "$RUNG" bench "$@" --inference --no-peak --seconds 0.1; }

# python <lines>: what stands in for Python. It gets OUT as its fourth argument.
python() { printf '#!/usr/bin/env bash\n%s\n' "$1" >python && chmod +x python; }

fails 2 "rung: error: * nowhere*" measure nowhere
mkdir empty && fails 2 "rung: error: empty holds no run (*" measure empty
fails 2 "rung: error: --profile excludes --inference *" measure small.toml --profile

# Without Python, or without the library, the rest is measured, and what to install is said once.
measure small.toml >said
grep -q '^small, untrained: 40,320 multiply-accumulates' said || { cat said && exit 1; }
[[ $(grep -cE '^(float32|int8) +[0-9.]+ +[0-9.]+ +[0-9,]+' said) == 2 ]]
[[ $(grep -c 'ONNX Runtime is not measured: .*pip install onnxruntime' said) == 1 ]]
python 'echo "{\"python\": \"./python\", \"missing\": \"No module named onnxruntime\"}" >"$4"'
measure small.toml | grep -q '^ONNX Runtime is not measured: ./python says: No module named onnxruntime; pip install'

# A layer without an integer form.
sed 's/"batch_norm2d"/"group_norm", num_groups = 2/' small.toml >group_norm.toml
measure group_norm.toml --json >document && one_document document
grep -q '"int8 is not measured: ' document && [[ $(grep -c '"engine"' document) == 1 ]]

# What it measures is compared, and its logits are checked.
python 'model="\"image_us\": 1e9, \"image_us_99\": 2e9, \"run_us\": 3e9, \"images_per_second\": 1e-6, \"logits\": [$(yes 0, | head -n 2559)0]"
echo "{\"version\": \"0.1\", \"models\": [{$model}, {$model}]}" >"$4"'
fails 1 "rung: error: ONNX Runtime 0.1 computes other logits: *" measure small.toml
python 'echo "first"; echo "out of luck" >&2; exit 3'
fails 1 "rung: error: ONNX Runtime failed: out of luck" measure small.toml
python 'echo "[" >"$4"'
fails 1 "rung: error: *python wrote what cannot be read: *" measure small.toml

# A run: its newest weights, and none is an error.
make_dataset digits
make_recipe own.toml && "$RUNG" train own.toml --out run --quiet
rm -r digits
python 'exit 3' && export RUNG_PYTHON=none
measure run --json >document && grep -q '"trained": true' document
rm run/checkpoint.safetensors run/metrics.jsonl && fails 1 "rung: error: run*" measure run
