# A drawing becomes an image of any network's shape: higher than wide, and in colour.
source "$HELPERS"
command -v node >/dev/null || { echo "skipped: node is not installed" && exit 77; }
folder=$(dirname "$HELPERS")/../browser
python3 "$folder/dataset.py" wide --labels 0-4 --size 20x28
python3 - <<'PYTHON'
import pathlib, random, struct
folder, draw = pathlib.Path("colours"), random.Random(1)
folder.mkdir()
for split, count in ("train", 120), ("t10k", 30):
    pixels = bytes(draw.randrange(60) + (150 if byte % 3 == image % 3 else 0) for image in range(count) for byte in range(16 * 16 * 3))
    (folder / f"{split}-images-idx3-ubyte").write_bytes(struct.pack(">5I", 0x804, count, 16, 16, 3) + pixels)
    (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + bytes(i % 3 for i in range(count)))
(folder / "dataset.toml").write_text('classes = ["red", "green", "blue"]\n')
PYTHON
for name in wide colours; do
  "$RUNG" new "./$name" --params 3000 --out $name.toml >/dev/null
  "$RUNG" train $name.toml --epochs 1 --out $name-run >/dev/null 2>&1
  "$RUNG" playground $name-run --out $name.html >/dev/null 2>errors ||
    { grep -q 'built without Emscripten' errors && echo "skipped: $(<errors)" && exit 77; }
  node "$folder/engine_shapes.js" $name.html
done
