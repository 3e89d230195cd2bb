# A first recipe for a dataset: it trains as it is, fits its budget, and finds its images from where it lies.
source "$HELPERS"
make_dataset digits
"$RUNG" new ./digits --params 2000
cat digits.toml
"$RUNG" summary digits.toml | grep -c 'Parameter budget: 1,[0-9]* of 2,000 used'
"$RUNG" train digits.toml --epochs 1 --out run --quiet
mkdir recipes
"$RUNG" new digits/ --params 2000 --out recipes/other.toml
grep '^name' recipes/other.toml
"$RUNG" summary recipes/other.toml >/dev/null
rm digits/t10k*
"$RUNG" new ./digits --params 600 --out small.toml
grep '^test = ' small.toml
"$RUNG" train small.toml --epochs 1 --out small-run --quiet

# Of three classes, in oblong images.
mkdir oblong
{ word 0x803 && word 30 && word 10 && word 20 && idx_images 30 28 | tail -c 6000; } >oblong/train-images-idx3-ubyte
{ word 0x801 && word 30 && for ((i = 0; i < 30; ++i)); do printf '%b' "\\x0$((i % 3))"; done; } >oblong/train-labels-idx1-ubyte
"$RUNG" new ./oblong
grep -E '^(input|classes)' oblong.toml
"$RUNG" train oblong.toml --epochs 1 --out oblong-run --quiet
fails 2 "rung: error: digits.toml already exists (--out names another file)" "$RUNG" new ./digits
fails 2 "rung: error: 50 parameters are too few for 10 classes of images of 28×28 (the smallest network here has *" \
  "$RUNG" new ./digits --params 50 --out none.toml
fails 2 "rung: error: unknown dataset 'nothing' (*" "$RUNG" new nothing
[[ ! -e none.toml && ! -e nothing.toml ]]
