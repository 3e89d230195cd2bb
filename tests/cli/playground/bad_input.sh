# What is no playground, and one without runs, of other images, and of runs that do not go together.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" playground run --out small.html >said 2>errors ||
  { grep -q 'built without Emscripten' errors && echo "skipped: $(<errors)" && exit 77; }
[[ $(<said) == 'Written to small.html: open it in a browser' ]]
fails 2 'rung: error: nothing holds no run (*' "$RUNG" playground nothing
fails 1 'rung: error: *no/folder/p.html*' "$RUNG" playground run --out no/folder/p.html
sed 's/^classes = 10/classes = 11/; s/out_channels = 10/out_channels = 11/' small.toml >more.toml
"$RUNG" train more.toml --out more >/dev/null
fails 2 'rung: error: more takes images of [[]1, 28, 28] and tells 11 classes apart, small [[]1, 28, 28] and 10 (give runs on the same images)' "$RUNG" playground run more
# Names that would end a script, or that two runs share.
make_recipe names.toml 's/^title = .*/title = "<\/script><b>\&"/'
"$RUNG" train names.toml --out names >/dev/null
"$RUNG" playground names run run --out names.html >/dev/null
[[ $(grep -c '</script>' names.html) == $(grep -c '<script' names.html) ]]
grep -q '"name":"small (2)"' names.html
# Without runs it is for training.
"$RUNG" playground --out empty.html >/dev/null
grep -q '"runs":\[\]' empty.html
