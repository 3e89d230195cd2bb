# Wrong dataset files: the message names the file and the byte.
source "$HELPERS"
make_dataset good
images=train-images-idx3-ubyte labels=train-labels-idx1-ubyte
make_recipe small.toml

# refused <the message after the folder's name>: two commands refuse the dataset in ./digits.
refused() {
  fails 1 "rung: error: ./digits/$1" "$RUNG" data info ./digits
  fails 1 "rung: error: $PWD/digits/${1//.\/digits/$PWD/digits}" "$RUNG" train small.toml
  [[ ! -e runs ]]
}
fresh() { rm -rf digits && cp -r good digits; }

fresh && rm digits/$labels
fails 1 "rung: error: cannot find ./digits/$labels (or train-labels.idx1-ubyte; each may end in .gz)" "$RUNG" data info ./digits
fresh && rm digits/$labels && mkdir digits/$labels
fails 1 "rung: error: cannot read ./digits/$labels: not a regular file" "$RUNG" data info ./digits
fresh && truncate -s 0 digits/$images && refused "$images: byte 0: the file ends inside the 4-byte magic number*"
fresh && truncate -s 9 digits/$images && refused "$images: byte 9: the file ends inside its 16-byte header"
fresh && truncate -s -1 digits/$images && refused "$images: byte 200719: expected 200704 bytes of values after the header, found 200703"
fresh && truncate -s +1 digits/$images && refused "$images: byte 200721: expected 200704 bytes of values after the header, found 200705"
fresh && truncate -s 5G digits/$images && refused "$images: 5368709120 bytes, more than the * that such a file may have"
fresh && cp digits/$labels digits/$images && refused "$images: byte 3: expected 3 dimensions (images, height, width), found 1"
fresh && echo "<html>" >digits/$images && refused "$images: byte 0: expected the magic number*found 3c68746d"
fresh && { word 0x803 && word 0 && word 28 && word 28; } >digits/$images && refused "$images: byte 4: dimension 0 is 0"
fresh && { word 0x803 && word 0xffffffff && word 0xffffffff && word 28; } >digits/$images && refused "$images: byte 4: dimensions ask for more than*"
fresh && idx_labels 255 >digits/$labels && refused "$labels: byte 4: 255 labels, but ./digits/$images holds 256 images"
fresh && idx_images 64 20 >digits/t10k-images-idx3-ubyte && refused "t10k-images-idx3-ubyte: byte 8: test images of 20 x 20 pixels, but training images of 28 x 28"
fresh && gzip digits/$images && "$RUNG" data info ./digits >/dev/null
truncate -s -100 digits/$images.gz && refused "$images.gz: byte *: the gzip stream ends too early"
fresh && gzip digits/$images && printf 'x' | dd of=digits/$images.gz bs=1 seek=300 conv=notrunc status=none && refused "$images.gz: byte *"

# A test label that no training image has; a training label that the model has no class for.
fresh && printf '\12' | dd of=digits/t10k-labels-idx1-ubyte bs=1 seek=20 conv=notrunc status=none
refused "t10k-labels-idx1-ubyte: byte 20: label 10 of image 12 is not in 0..9"
fresh && printf '\12' | dd of=digits/$labels bs=1 seek=20 conv=notrunc status=none
fails 2 "rung: error: the model has 10 classes, but dataset $PWD/digits: training image 12 has label 10" "$RUNG" train small.toml
fails 2 "rung: error: the model has 10 classes, but dataset $PWD/digits: training image 12 has label 10" "$RUNG" climb small.toml
fresh && make_recipe other.toml 's/^input = .*/input = [1, 29, 28]/'
fails 2 "rung: error: the model takes images of 1x29x28, but dataset $PWD/digits has 1x28x28" "$RUNG" climb small.toml other.toml
[[ ! -e runs ]]

# A registered dataset must match to the bit.
mkdir root && cp -r good root/mnist
fails 1 "rung: error: root/mnist/$images: SHA-256 of the 200720 bytes is *, but mnist's $images has ba89* (run \`rung data fetch mnist\`)" "$RUNG" data info mnist --data root
fails 1 "rung: error: cannot find nowhere/mnist/$images (or train-images.idx3-ubyte; each may end in .gz) (run \`rung data fetch mnist\`)" "$RUNG" train "$RECIPES/ladder/step1.toml" --data nowhere
fails 2 "rung: error: unknown dataset 'mnits'; did you mean 'mnist'? (*" "$RUNG" data info mnits
[[ ! -e runs && ! -e nowhere ]]
