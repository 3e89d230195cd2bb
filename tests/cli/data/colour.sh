# Images in colour: pictures, arrays and CIFAR's records give the same files; what trains on them tells apart what only
# the colours tell, on its way through every command.
source "$HELPERS"
for python in python3 /usr/bin/python3 ""; do
  if [[ -z $python ]]; then echo "skipped: there is no python3 with numpy and Pillow" >&2 && exit 77; fi
  if "$python" -c 'import numpy, PIL' 2>/dev/null; then break; fi
done
"$python" "${BASH_SOURCE[0]%/*}/make_colours.py"
for source in pictures last.npz first.npz records; do
  "$RUNG" data import $source --out "out-${source%.*}" >said
  grep -v 'Written to' said | sed "s/^/$source: /"
  for file in out-pictures/*-ubyte; do cmp "$file" "out-${source%.*}/${file#*/}"; done
done
ls out-pictures
sed -n '/^channels/p; /^mean/p; s/^std = .*/std .../p' out-pictures/dataset.toml
"$RUNG" data import pictures --out grey --grey | sed -n '2p; /images of/p'
"$RUNG" data info ./out-pictures | sed -n '/^train/p; s/^normalised with mean .*/normalised .../p'
"$RUNG" data check ./out-pictures >said
"$RUNG" new ./out-pictures --params 600 --out first.toml >said
sed -i 's/^batch_size = .*/batch_size = 8/' first.toml
cat >>first.toml <<'RECIPE'

[[augment]]
type = "color_jitter"
brightness = 0.1
saturation = 0.2
hue = 0.02
RECIPE
grep '^input' first.toml
"$RUNG" data show ./out-pictures --augment first.toml --out shown.png | sed 's/^[0-9]* training/N training/'
"$RUNG" train first.toml --out run >log
grep -c '^mean = \[0' run/recipe.toml
"$RUNG" eval run --json >judged
"$python" -c 'import json; print("all right:", json.load(open("judged"))["accuracy"] == 100)'
"$RUNG" predict run pictures/test/*/0.png | sed -E 's/ +[0-9.]+%.*//; s/ +/ /g'
"$RUNG" report run --out page.html >log
"$RUNG" export onnx run --raw-input --out model.onnx | sed 's/: [0-9,]* bytes/: N bytes/'
for form in '' --float; do
  "$RUNG" export c run $form --out c$form >log
  make -sC c$form 2>&1 | sed 's/by at most [^ ]*/by at most E/'
done
grep -c image_padding c/*.c | sed 's/[1-9][0-9]*/some/'

# What does not fit.
"$RUNG" data import grey-pictures --out one --quiet
sed 's:\./out-pictures:./one:' first.toml >wrong.toml
fails 2 'rung: error: the model takes images of 3x32x32, but dataset */one has 1x32x32' "$RUNG" train wrong.toml --out wrong
fails 2 'rung: error: --fit mnist makes grey images, but the model takes images in colour (use --fit stretch)' \
  "$RUNG" predict run pictures/test/red/0.png --fit mnist
sed 's/^\[dataset\]$/&\nmean = [0.5, 0.5]/' first.toml >wrong.toml
fails 2 'rung: error: wrong.toml:*: dataset.mean: expected a number, or one for each of 3 channels, found 2*' "$RUNG" summary wrong.toml
