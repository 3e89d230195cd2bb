# Images of the user's own: files under other names, a recipe without sizes that lies elsewhere, a folder that has moved, and
# test images that are taken from the training images.
source "$HELPERS"
make_dataset digits
for file in train-images-idx3 train-labels-idx1; do mv digits/$file-ubyte digits/${file/-idx/.idx}-ubyte; done
gzip digits/t10k-images-idx3-ubyte && mv digits/t10k-images-idx3-ubyte.gz digits/test-images.idx3-ubyte.gz
mv digits/t10k-labels-idx1-ubyte digits/test-labels-idx1-ubyte
"$RUNG" data info ./digits | sed -n 1,5p

mkdir recipes
make_recipe recipes/own.toml 's:\./digits:../digits:; /^input/d; /^classes/d; s/^name = .*/&\nvalidation = 0.25/'
"$RUNG" summary recipes/own.toml | sed -n '1p; /^Total params/p'
"$RUNG" train recipes/own.toml --out run >log
# resolved <run>: what the images told.
resolved() { grep -E '^(name = "/|mean|std|validation|test|split_seed|input|classes)' "$1/recipe.toml" | sed "s:$PWD:HERE:"; }
resolved run
grep -E '"(train_images|validation_images|test_images)":' run/result.json

# From elsewhere, and when the folder has moved.
here=$PWD
(cd / && "$RUNG" eval "$here/run" >"$here/evaluated" && "$RUNG" verify "$here/run" | tail -n 1)
mkdir other && mv digits other
fails 2 "rung: error: recipes/own.toml: ?model? lacks \`input\` or \`classes\`, and they cannot be read from the images: cannot find $PWD/digits/train-images-idx3-ubyte (*) (*)" "$RUNG" summary recipes/own.toml
fails 1 "rung: error: there is no folder $PWD/digits, and no other/other/digits either (if the folder of images has moved, name the folder that it is in now with --data)" "$RUNG" eval run --data other/other
"$RUNG" eval run --data other | diff <(sed 's/[0-9.]* s$//' evaluated) <(sed 's/[0-9.]* s$//')
"$RUNG" verify run --data other | tail -n 1
mv other/digits .

# No test images.
rm digits/test-*
"$RUNG" data info ./digits 2>warnings | grep '^test'
cat warnings
fails 2 "rung: error: $PWD/digits has training images, but no test images (add files with test images, or test = 0.2 to ?dataset?*)" "$RUNG" train recipes/own.toml --out none
[[ ! -e none ]]
sed 's/^validation/test = 0.2\n&/' recipes/own.toml >recipes/tested.toml
"$RUNG" train recipes/tested.toml --out tested >log
resolved tested
grep -E '"(train_images|validation_images|test_images)":' tested/result.json
"$RUNG" verify tested | tail -n 1
"$RUNG" train --resume tested >log
"$RUNG" sweep recipes/tested.toml --seeds 5,6 --set dataset.validation=0.25,0.1 --epochs 1 --out sweep >log
resolved sweep/runs/tested-validation=0.1-seed6
fails 2 'rung: error: own and tested split the images of * in different ways (*' "$RUNG" climb recipes/own.toml recipes/tested.toml

# The folder is listed where it is in the data folder.
"$RUNG" data list --data . | sed 's/ *$//'
