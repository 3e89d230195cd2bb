# Faults planted in a dataset of bars are found, and shown side by side.
source "$HELPERS"
make_dataset digits
"$RUNG" data check ./digits >out
head -n 4 out
mkdir faulty
# Bars 0 to 9 of the classes 0 and 1 in turn; then bar 2 with the other label, and a blank image. The test has bar 7
# again, and one image more.
idx_images 10 28 >bars
bar() { head -c $((16 + 784 * ($1 + 1))) bars | tail -c 784; }
{ word 0x803 && word 12 && word 28 && word 28 && tail -c 7840 bars && bar 2 && bytes 784 0; } >faulty/train-images-idx3-ubyte
{ word 0x801 && word 12 && printf '\0\1\0\1\0\1\0\1\0\1\1\0'; } >faulty/train-labels-idx1-ubyte
{ word 0x803 && word 2 && word 28 && word 28 && bar 7 && bytes 300 0 && bytes 484 100; } >faulty/t10k-images-idx3-ubyte
{ word 0x801 && word 2 && printf '\1\1'; } >faulty/t10k-labels-idx1-ubyte
"$RUNG" data check ./faulty --pairs pairs.png
head -c 8 pairs.png | cmp - <(printf '\211PNG\r\n\032\n')
"$RUNG" data check ./faulty --json >document
one_document document
fails 2 "rung: error: unknown dataset 'nowhere' (*" "$RUNG" data check nowhere
