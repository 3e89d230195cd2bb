# How digits lie is found out; and the classifier that finds it out is what its recipe gives, to the bit.
source "$HELPERS"
mnist=$RUNG_DATA/mnist
[[ -e $mnist/train-images-idx3-ubyte && -e $mnist/t10k-images-idx3-ubyte ]] || { echo "skipped: MNIST is not here" >&2 && exit 77; }
sources=$(dirname "$HELPERS")/../../src/inspect

# turned <map> <split>...: a folder of test images; a pixel (r, c) of these splits' images is that of the map's expression.
turned() {
  mkdir -p turned
  python3 - "$mnist" "$@" <<'PYTHON'
import sys
count = 300
def head(name, size): return open(f"{sys.argv[1]}/{name}", "rb").read(size)
images = head("t10k-images-idx3-ubyte", 16 + 784 * count)[16:]
places = [eval(sys.argv[2], {"r": row, "c": column, "n": 27}) for row in range(28) for column in range(28)]
turned = b"".join(bytes(images[784 * i + 28 * r + c] for r, c in places) for i in range(count))
labels = head("t10k-labels-idx1-ubyte", 8 + count)[8:]
word = lambda number: number.to_bytes(4, "big")
for split in ("train", "t10k"):
    pixels = turned if split in sys.argv[3:] else images
    open(f"turned/{split}-images-idx3-ubyte", "wb").write(word(0x803) + word(count) + 2 * word(28) + pixels)
    open(f"turned/{split}-labels-idx1-ubyte", "wb").write(word(0x801) + word(count) + labels)
PYTHON
}
lies() { "$RUNG" data check ./turned --json | sed -n 's/.*"lie": "\([a-z_0-9]*\)".*/\1/p' | paste -sd ' '; }
for map in "r, c" "r, n - c" "n - r, c" "n - r, n - c" "c, r" "n - c, r" "c, n - r" "n - c, n - r"; do
  turned "$map" train && echo "$map: $(lies)"
done
turned "c, r" train t10k && "$RUNG" data check ./turned | sed -n '/^- /,$p'
turned "r, n - c" t10k && "$RUNG" data check ./turned | sed -n '/^- /,$p'

if [[ -n $(fused_targets "$sources/digits.toml") ]]; then
  "$RUNG" train "$sources/digits.toml" --out digits >log
  cmp digits/best.safetensors "$sources/digits.safetensors"
fi
[[ $(wc -c <"$sources/digits.safetensors") -lt 10000 ]]
