# From pictures, tables, arrays and records, as data sets are published, one command leads to the model, to the last bit,
# that the arrays themselves give.
source "$HELPERS"
for python in python3 /usr/bin/python3 ""; do
  if [[ -z $python ]]; then echo "skipped: there is no python3 with numpy and Pillow" >&2 && exit 77; fi
  if "$python" -c 'import numpy, PIL' 2>/dev/null; then break; fi
done
images=$RUNG_DATA/mnist
[[ -e $images/train-images-idx3-ubyte ]] || { make_dataset digits && images=digits; }
"$python" "${BASH_SOURCE[0]%/*}/make_published.py" "$images" 1000

# trained <name> <folder>: what a short training on the folder ends with.
trained() {
  make_recipe "$1.toml" "s:\./digits:./$2:; /^input/d; /^classes/d; s/^epochs = .*/epochs = 1/"
  "$RUNG" train "$1.toml" --out "run-$1" >log
  grep -oE '"(test_accuracy|weights_sha256)":[^,}]*' "run-$1/metrics.jsonl"
}

for set in grey colour jpeg-colour; do trained $set $set >$set.trained; done
# from <arrays> <source>
from() {
  local name=${2%%.*}
  "$RUNG" data import "$2" --out "imported-$name" >said
  trained "$name" "imported-$name" | cmp - "$1.trained" && echo "$2: $(head -n 1 said), the same model"
}
from grey png
from grey kaggle
from grey medmnist.npz
from grey emnist
from grey qmnist
from colour cifar
from jpeg-colour jpeg
[[ $(sort -u ./*.trained | grep -c sha256) == 3 ]]
