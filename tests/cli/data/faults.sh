# Every kind of fault, planted in images of MNIST one by one, is found, and nothing else; without any, nothing is.
source "$HELPERS"
mnist=$RUNG_DATA/mnist
[[ -e $mnist/train-images-idx3-ubyte && -e $mnist/t10k-images-idx3-ubyte ]] || { echo "skipped: MNIST is not here" >&2 && exit 77; }
python3 "${BASH_SOURCE[0]%/*}/plant_faults.py" "$mnist" planted

# found <kind>: the lines that do not say "none", without the examples.
found() { "$RUNG" data check "./planted/$1" | sed '1d; /: none$/d; s/;.*//'; }
for folder in planted/*; do
  kind=${folder#*/}
  echo "$kind:" && found "$kind"
done

# What is found at once is also said before a training: once, however many runs there are.
make_recipe small.toml 's/^epochs = .*/epochs = 1/; s:\./digits:./planted/across:'
warned() { sed -n "s/^rung: warning: //p" | sed "s:$PWD:HERE:"; }
"$RUNG" train small.toml --out run 2>&1 >/dev/null | warned
"$RUNG" climb small.toml --out ladder 2>&1 >/dev/null | warned
"$RUNG" sweep small.toml --seeds 1..3 --set optimizer.lr=0.01,0.02 --out sweep 2>&1 >/dev/null | warned
for kind in clean within labels blank near; do
  make_recipe small.toml "s/^epochs = .*/epochs = 1/; s:\./digits:./planted/$kind:"
  echo "train $kind:" && "$RUNG" train small.toml --out "run-$kind" 2>&1 >/dev/null | warned
done
