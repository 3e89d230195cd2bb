# The range test shows a curve and a suggestion, and writes the curve.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" lr-find small.toml --batches 60 --min-lr 1e-4 --max-lr 1 --out curve.tsv >log
head -n 2 log
tail -n 2 log
head -n 1 curve.tsv
awk -F'\t' 'NR > 1 { if (!($1 > last)) exit 1; last = $1 } END { print NF, (NR > 20) }' curve.tsv

# Nothing depends on the number of threads.
"$RUNG" lr-find small.toml --batches 60 --min-lr 1e-4 --max-lr 1 --threads 1 --out again.tsv >again
cmp curve.tsv again.tsv
cmp log again

fails 2 'rung: error: the rates from 0.1 to 0.01 do not rise (give a --max-lr above --min-lr)' \
  "$RUNG" lr-find small.toml --min-lr 0.1 --max-lr 0.01
fails 2 'rung: error: *0 is not a learning rate*' "$RUNG" lr-find small.toml --min-lr 0

# A short curve is not said to rise; an epoch of 8 batches is not the end.
"$RUNG" lr-find small.toml --batches 12 --min-lr 1e-4 --max-lr 1 | tail -n 1
"$RUNG" lr-find small.toml --batches 13 --min-lr 1e-4 --max-lr 1 | tail -n 1
"$RUNG" lr-find small.toml --batches 50 --min-lr 1e-2 --max-lr 1e6 | tail -n 1
