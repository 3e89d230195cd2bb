# The playground's engine computes the bits of the command line without fused multiply-add: logits, and a training of 50
# batches.
source "$HELPERS"
command -v node >/dev/null || { echo "skipped: node is not installed" && exit 77; }
[[ $(least_target step3) == scalar ]] || { echo "skipped: no instruction set without fused multiply-add" && exit 77; }
python3 - "$RUNG_DATA/mnist" <<'PYTHON'
import pathlib, struct, sys
source, folder = pathlib.Path(sys.argv[1]), pathlib.Path("digits")
folder.mkdir()
for split, count in ("train", 6400), ("t10k", 1000):
    for kind, header, size in ("images-idx3-ubyte", 16, 784), ("labels-idx1-ubyte", 8, 1):
        data = (source / f"{split}-{kind}").read_bytes()
        start = data[:4] + struct.pack(">I", count) + data[8:header]
        (folder / f"{split}-{kind}").write_bytes(start + data[header : header + count * size])
PYTHON
sed 's|^name = "mnist"|name = "./digits"|' "$RECIPES/ladder/step3.toml" >step3.toml
"$RUNG" train step3.toml --epochs 1 --simd scalar --out run >/dev/null
"$RUNG" playground run >/dev/null 2>errors || { grep -q 'built without Emscripten' errors && echo "skipped: $(<errors)" && exit 77; }
"$RUNG" predict run digits/t10k-images-idx3-ubyte --simd scalar --json --top 10 >predictions.json
node "$(dirname "$HELPERS")/../browser/engine_test.js" playground.html digits/t10k-images-idx3-ubyte predictions.json run digits
