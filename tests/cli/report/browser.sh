# The pages in a real browser: charts are drawn, nothing is loaded, there are no errors, nothing is too wide.
source "$HELPERS"
check=$(dirname "$HELPERS")/../browser/check_page.py
code=0
python3 "$check" --self-test || code=$?
[[ $code == 0 ]] || exit $code

make_dataset digits
make_recipe first.toml 's/^title = .*/title = "<script>alert(1)<\/script> <img src=x onerror=alert(2)> ]]> \& averyveryveryveryveryveryveryverylongname"/'
# The ladder's last step, on our images.
sed -e 's:name = "mnist":name = "./digits":; s:^\[model\]:&\ninput = [1, 28, 28]\nclasses = 10:' "$RECIPES/ladder/step5.toml" >last.toml
"$RUNG" climb first.toml last.toml --epochs 2 --out ladder >/dev/null
"$RUNG" report ladder/last >/dev/null
"$RUNG" report ladder/first ladder/last --out both.html >/dev/null
"$RUNG" sweep first.toml last.toml --seeds 0..2 --epochs 2 --out sweep >/dev/null
"$RUNG" search last.toml --target final_test_accuracy=10 --candidates 6 --claim-seeds 2 --out search >/dev/null
# An unfinished run of one epoch, of a model without a convolution.
make_recipe linear.toml 's/^layers = .*/layers = [{ type = "flatten" }, { type = "linear", out_features = 10 }]/; /^  \{/d; /^\]$/d'
"$RUNG" train linear.toml --epochs 1 --out linear >/dev/null
rm linear/result.json && "$RUNG" report linear >/dev/null
"$RUNG" report linear linear --out same.html >/dev/null
# Classes from 1 on, with gaps, few and many; images that are small, or higher than wide; more channels than are shown.
# small_run <name> <labels> <height>x<width> <classes> <channels>
small_run() {
  local height=${3%x*} width=${3#*x}
  python3 "$(dirname "$check")/dataset.py" "$1-data" --labels "$2" --size "$3"
  cat >"$1.toml" <<RECIPE
title = "Small"

[dataset]
name = "./$1-data"

[[augment]]
type = "random_rotation"
degrees = 10

[model]
input = [1, $height, $width]
classes = $4
layers = [
  { type = "conv2d", out_channels = $5, kernel_size = 3, padding = 1 },
  { type = "relu" },
  { type = "flatten" },
  { type = "linear", out_features = $4 },
]

[training]
epochs = 2
batch_size = 32

[optimizer]
type = "sgd"
lr = 0.01

[lr_warmup]
start_factor = 0.1
total_iters = 5
RECIPE
  "$RUNG" train "$1.toml" --out "$1" >/dev/null
}
small_run letters 1-26 28x28 27 40
small_run late 36-61 28x28 62 8
small_run many 0-61 8x8 62 8
small_run two 0-1 8x8 2 8
small_run high 0-3 64x48 4 12
# What is found in datasets: copies with other labels, an empty class, one class only, large images.
python3 "$(dirname "$check")/dataset.py" large-data --labels 0-11 --size 150x200 --train 30 --test 20
for name in letters many two high large; do "$RUNG" data check ./$name-data --report $name-data.html >/dev/null; done
"$RUNG" data check ./digits --report copies.html >/dev/null

mv digits elsewhere
"$RUNG" report ladder/last --out blind.html >/dev/null
python3 "$check" sweep/report.html search/report.html ladder/report.html ladder/last/report.html both.html linear/report.html same.html blind.html {letters,late,many,two,high}/report.html copies.html {letters,many,two,high,large}-data.html
