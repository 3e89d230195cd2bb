# A run's model as an ONNX file: where it goes, what is said about it, and what does not replace a file.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" export onnx run
"$RUNG" export onnx run --raw-input --out pixels.onnx
"$RUNG" export onnx run --best --keep-batch-norm --out kept.onnx --quiet
"$RUNG" export onnx run --json --out document.onnx >document
one_document document
grep -vE '^[{}]' document
cmp run/model.onnx document.onnx # the same bytes each time
for file in run/model.onnx pixels.onnx kept.onnx; do strings -n 2 $file | grep -q 'weights_sha256' || { echo "$file" && exit 1; }; done

# A file is replaced only on request, and not if the export fails.
fails 2 "rung: error: run/model.onnx already exists (--force replaces it, --out names another)" "$RUNG" export onnx run
"$RUNG" export onnx run --force --raw-input --quiet
cmp run/model.onnx pixels.onnx
cp run/checkpoint.safetensors kept && head -c -1 kept >run/checkpoint.safetensors
fails 1 "rung: error: run/checkpoint.safetensors: byte *" "$RUNG" export onnx run --force
cmp run/model.onnx pixels.onnx && cp kept run/checkpoint.safetensors
fails 1 "rung: error: cannot write nowhere/model.onnx: No such file or directory" "$RUNG" export onnx run --out nowhere/model.onnx
"$RUNG" export onnx run --out /dev/stdout --quiet | cmp - document.onnx

# In integers.
"$RUNG" export onnx run --int8 --out int8.onnx | sed -E 's/[0-9.]+ %/N %/g; s/[0-9,]+ bytes/N bytes/; s/float32: [0-9]+/float32: N/; s/integers: [0-9]+/integers: N/; s/p = [0-9.]+/p = P/'
"$RUNG" export onnx run --int8 --form qlinear --raw-input --json --out qlinear.onnx >document
one_document document
grep -q '"float_correct": ' document
grep -aq QLinearConv qlinear.onnx && grep -aq DequantizeLinear int8.onnx
if grep -aq QLinearConv int8.onnx; then exit 1; fi
fails 2 "rung: error: --form requires --int8 (*" "$RUNG" export onnx run --form qlinear
fails 2 "rung: error: *--int8*" "$RUNG" export onnx run --int8 --keep-batch-norm
make_recipe group.toml 's/"batch_norm2d"/"group_norm", num_groups = 1/'
"$RUNG" train group.toml --out group >/dev/null
fails 2 "rung: error: layer 1 (group_norm) has no integer form (*" "$RUNG" export onnx group --int8
[[ ! -e group/model.onnx ]]

# Where there is nothing to export, and where it is not all.
fails 2 "rung: error: nowhere holds no run (*" "$RUNG" export onnx nowhere
mkdir early && cp run/recipe.toml early
fails 1 "rung: error: early: no epoch is finished yet (resume with \`*rung train --resume early\`)" "$RUNG" export onnx early
[[ ! -e early/model.onnx ]]
rm run/result.json
"$RUNG" export onnx run --out again.onnx --quiet 2>errors && cat errors
cmp again.onnx document.onnx
make_recipe wild.toml 's/^lr = .*/lr = 900_000/; /batch_norm2d/d'
"$RUNG" train wild.toml --out wild >/dev/null 2>&1 || true
fails 1 "rung: error: wild diverged in its first epoch: * (resuming would diverge again: *" "$RUNG" export onnx wild
[[ ! -e wild/model.onnx ]]
