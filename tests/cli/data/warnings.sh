# Odd data: one warning each, by data info and by training.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 1/'
# labels <file> <octal labels...>: 64 images of each.
labels() {
  local file=$1 label
  shift
  { word 0x801 && word $((64 * $#)) && for label; do bytes 64 "$label"; done; } >"digits/$file-labels-idx1-ubyte"
}
warned() { grep '^rung: warning: ' | sed 's/^rung: warning: //'; }

# Sorted by class: the last images are of one class, unless each class gives its share.
labels train 0 1 2 3
labels t10k 1
make_recipe last.toml 's/^epochs = .*/epochs = 1/; s/^name = .*/&\nvalidation = 64\nvalidation_split = "last"/'
make_recipe shares.toml 's/^epochs = .*/epochs = 1/; s/^name = .*/&\nvalidation = 64/'
"$RUNG" data info ./digits 2>&1 >/dev/null | warned
echo "last:" && "$RUNG" train last.toml --out last 2>&1 >/dev/null | warned
echo "shares:" && "$RUNG" climb shares.toml --out shares 2>&1 >/dev/null | warned
echo "sweep:" && "$RUNG" sweep last.toml --seeds 1,2 --out sweep 2>&1 >/dev/null | warned

# Labels from 1, with a gap and of very different numbers.
{ word 0x801 && word 256 && bytes 200 1 && bytes 56 3; } >digits/train-labels-idx1-ubyte
labels t10k 3
echo "labels:" && "$RUNG" data info ./digits 2>&1 >/dev/null | warned

# Images of zeros, and of ones.
for value in 0 1; do
  { word 0x803 && word 256 && word 28 && word 28 && bytes $((256 * 784 - 1)) $value && bytes 1 1; } >digits/train-images-idx3-ubyte
  echo "images of $value:" && "$RUNG" data info ./digits 2>&1 >/dev/null | warned | grep pixel
done
{ word 0x803 && word 256 && word 28 && word 28 && bytes $((256 * 784)) 0; } >digits/train-images-idx3-ubyte
fails 2 "rung: error: all pixels of the training images of $PWD/digits have the value 0 (*)" "$RUNG" train small.toml --out dark
[[ ! -e dark ]]

# One class.
labels train 0 0 0 0 && labels t10k 0
"$RUNG" data info ./digits 2>/dev/null | sed -n 1,3p
