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
# An unfinished run of one epoch, of a model without a convolution.
make_recipe linear.toml 's/^layers = .*/layers = [{ type = "flatten" }, { type = "linear", out_features = 10 }]/; /^  \{/d; /^\]$/d'
"$RUNG" train linear.toml --epochs 1 --out linear >/dev/null
rm linear/result.json && "$RUNG" report linear >/dev/null
"$RUNG" report linear linear --out same.html >/dev/null
mv digits elsewhere
"$RUNG" report ladder/last --out blind.html >/dev/null
python3 "$check" sweep/report.html ladder/report.html ladder/last/report.html both.html linear/report.html same.html blind.html
