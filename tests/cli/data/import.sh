# Pictures, a table and arrays give the same files as the images that they were made from, in archives too; a run calls
# the classes by their names, also when the dataset has moved.
source "$HELPERS"
for python in python3 /usr/bin/python3 ""; do
  if [[ -z $python ]]; then echo "skipped: there is no python3 with numpy and Pillow" >&2 && exit 77; fi
  if "$python" -c 'import numpy, PIL' 2>/dev/null; then break; fi
done
images=$RUNG_DATA/mnist
[[ -e $images/train-images-idx3-ubyte ]] || { make_dataset digits && images=digits; }
"$python" "${BASH_SOURCE[0]%/*}/make_sources.py" "$images" 2000

# same <folder>: the four files are the expected ones.
same() { for file in expected/*; do cmp "$file" "$1/${file#*/}"; done; }
(cd pictures && tar -czf ../pictures.tar.gz -- *)
"$python" -c 'import shutil; shutil.make_archive("pictures", "zip", ".", "pictures")'
for source in pictures pictures.tar.gz pictures.zip table keras.npz medmnist.npz npy; do
  "$RUNG" data import $source --out "out-${source%%.*}-${source##*.}" >said
  same "out-${source%%.*}-${source##*.}"
  sed -i "s/^/$source: /" said
  grep -v 'Written to' said | sed 's/[0-9,]* training and [0-9,]* test/N training and N test/; s/mean .*/mean .../' >>all
done
cat all
"$RUNG" data import table/mnist_train.csv table/mnist_test.csv --out two --quiet >said
[[ ! -s said ]] && same two

# One table, from which test images are drawn: the same ones each time.
for out in one again; do "$RUNG" data import table/mnist_train.csv --out $out --test 0.2 >said; done
diff -r -x dataset.toml one again && grep 'for the test' said | sed 's/^  [0-9]* images were drawn from [0-9]*/  N/'
"$RUNG" data info ./out-pictures-pictures | sed -n 1,2p

# A run and its names.
make_recipe named.toml 's:\./digits:./out-pictures-pictures:; s/^epochs = .*/epochs = 1/'
"$RUNG" train named.toml --out run >log
grep -o 'class_names = \["class0", "class1"' run/recipe.toml
mkdir moved && mv out-pictures-pictures moved
rm moved/out-pictures-pictures/dataset.toml
"$RUNG" eval run --data moved | grep -o 'class1 [0-9.]*%' | sed 's/[0-9.]*%/SHARE/'
"$RUNG" predict run pictures/test/class3/*.png --json >predictions
grep -m 1 '"name"' predictions | sed 's/class[0-9]/classN/'
"$RUNG" export onnx run --out model.onnx >log && grep -ac '"class0","class1"' model.onnx
"$RUNG" report run --data moved --out page.html >log && grep -c '>class7<' page.html | sed 's/[1-9][0-9]*/some/'

# Classes with new names.
"$RUNG" data import pictures --out mapped --map 'class1=class\,0,class0=class\,0,class7=7\=7' --classes '7=7,class\,0' >said
grep -x '  The classes class0, class1 became one, class,0.' said && grep 'classes:' said

# What is refused.
fails 2 'rung: error: one exists (give another folder with --out, or remove it)' "$RUNG" data import table --out one
fails 1 'rung: error: there is no nowhere' "$RUNG" data import nowhere --out new
fails 2 'rung: error: there are training images, but no test images (--test 0.2 *)' "$RUNG" data import pictures/train --out new
fails 2 'rung: error: there is no class class12; did you mean class1? (*' "$RUNG" data import pictures --out new --classes class0,class12
fails 2 "rung: error: --map: 'class1' is not OLD=NEW,..., *" "$RUNG" data import pictures --out new --map class1
fails 2 "rung: error: --map: 'a=b=c' is not OLD=NEW,..., *" "$RUNG" data import pictures --out new --map a=b=c
fails 2 'rung: error: there is no class class12; did you mean class1? (*' "$RUNG" data import pictures --out new --map class12=b
fails 2 "rung: error: --resize: '28' is not WIDTHxHEIGHT *" "$RUNG" data import pictures --out new --resize 28
fails 2 "rung: error: --test: '1.5' is neither a share *" "$RUNG" data import pictures --out new --test 1.5
printf 'classes = ["a"' >one/dataset.toml
fails 1 'rung: error: ./one/dataset.toml:1:* (import the images again, or remove the file: *' "$RUNG" data info ./one
[[ ! -e new ]]
