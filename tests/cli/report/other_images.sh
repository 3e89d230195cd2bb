# Figures of different images are not compared.
source "$HELPERS"
make_dataset digits
cp -r digits others
make_recipe first.toml 's/^epochs = .*/epochs = 1/; s/^name = .*/&\nvalidation = 64/'
make_recipe second.toml 's/^epochs = .*/epochs = 1/; s/^name = .*/&\nvalidation = 128/'
make_recipe other.toml 's/^epochs = .*/epochs = 1/; s/digits/others/'
for recipe in first second other; do "$RUNG" train $recipe.toml --out $recipe >/dev/null; done

refused="rung: error: first was trained on */digits, but other on */others (runs are compared on the same test images)"
fails 2 "$refused" "$RUNG" report first other
fails 2 "$refused" "$RUNG" report first second other
lists . digits others {digits,others}/{train,t10k}-{images-idx3,labels-idx1}-ubyte {first,second,other}.toml \
  {first,second,other}{,/{recipe.toml,metrics.jsonl,checkpoint.safetensors,best.safetensors,result.json,report.html}} \
  {first,second,other}/events.out.tfevents.*

"$RUNG" report first second --out splits.html >/dev/null
grep -c 'not compared: other images' splits.html
"$RUNG" report first first --out same.html >/dev/null
not grep -q 'not compared' same.html
