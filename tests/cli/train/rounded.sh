# Training with rounded weights: what is said of them, that they are resumed with, and what an export makes of them.
source "$HELPERS"
make_dataset digits
make_recipe plain.toml
make_recipe rounded.toml
printf '\n[quantize]\nweight_bits = 4\n' >>rounded.toml
"$RUNG" train rounded.toml --out run >/dev/null
sed -n '/^\[quantize\]/,$p' run/recipe.toml
"$RUNG" verify run | tail -n 1
"$RUNG" export c run --json >document
grep '"weight_bits"' document
"$RUNG" export c run --weight-bits 8 --out other --json | grep '"weight_bits"'

# The weights of the best file have at most 15 values in a channel.
python3 - run/best.safetensors <<'END'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8 : 8 + size])
for name, tensor in header.items():
    if name == "__metadata__" or len(tensor["shape"]) < 2:
        continue
    first, last = (8 + size + offset for offset in tensor["data_offsets"])
    values = struct.unpack(f"<{(last - first) // 4}f", data[first:last])
    outputs = tensor["shape"][0]
    taps = len(values) // outputs
    grids = 1 if len(tensor["shape"]) == 2 else outputs
    count = len(values) // grids
    most = max(len({round(value, 6) for value in values[k * count : (k + 1) * count]}) for k in range(grids))
    print(name, "at most 15 values" if most <= 15 else f"{most} values")
END

# Beside the plain recipe, in integers.
"$RUNG" sweep plain.toml rounded.toml --seeds 0..2 --epochs 1 --int8 --out both >said
grep -A 2 'in integers, %' said | head -n 1
grep -oE '^\| (plain|rounded) +\| +[48] \| +3' both/sweep.md | tr -s ' '
grep -c '"integers_minus_float"' both/sweep.json
grep -q 'Test accuracy in integers' both/report.html
make_recipe group.toml 's/"batch_norm2d"/"group_norm", num_groups = 1/'
fails 2 "rung: error: layer 1 (group_norm) has no integer form (*" "$RUNG" sweep group.toml --seeds 0 --int8 --out group
[[ ! -e group/runs ]]
