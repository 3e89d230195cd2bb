# A grid of 6 x 10 images as PNG; augmentation and its seed change the images, but not the size.
source "$HELPERS"
make_dataset digits
make_recipe varied.toml '/^\[model\]/i [[augment]]\ntype = "random_rotation"\ndegrees = 20\n'
# A PNG's size is in bytes 16 to 23, big-endian.
size() { od -A n -t u1 -j 16 -N 8 "$1" | awk '{ print $3 * 256 + $4 " x " $7 * 256 + $8 }'; }

"$RUNG" data show ./digits
"$RUNG" data show ./digits --augment varied.toml --out varied.png
"$RUNG" data show ./digits --augment varied.toml --out same.png
"$RUNG" data show ./digits --augment varied.toml --out other.png --seed 2
size digits.png
size varied.png
cmp varied.png same.png
mkfifo pipe && cat pipe >piped.png & reader=$!
until [[ -p pipe ]]; do sleep 0.02; done
"$RUNG" data show ./digits --augment varied.toml --out pipe >/dev/null
wait $reader
cmp piped.png varied.png
for other in digits other; do if cmp -s varied.png $other.png; then echo "$other.png is the same" && exit 1; fi; done
file=$(head -c 4 digits.png | tail -c 3)
echo "$file"
