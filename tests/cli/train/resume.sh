# An interrupted run resumes from its checkpoint, whatever happened to the files beside it, and ends like an
# uninterrupted one.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 6/'
"$RUNG" train small.toml --out whole | grep -v '^Written' >whole.log

# cut <epochs>: a run that ended after the lines of that many epochs, because its reader went away.
cut() {
  rm -rf run && make_recipe small.toml 's/^epochs = .*/epochs = 6/'
  "$RUNG" train small.toml --out run 2>/dev/null | head -n $((1 + $1)) >/dev/null || true
}
timeless() { sed -E 's/("[a-z_]*seconds": ?)[0-9.e+-]+/\1/g; /"machine"/,/}/d' "$1"; }
events() { "$READ_EVENTS" "$1"/events.* | grep -v images_per_second; }
same() {
  cmp run/best.safetensors whole/best.safetensors
  diff <(timeless run/metrics.jsonl) <(timeless whole/metrics.jsonl)
  diff <(timeless run/result.json) <(timeless whole/result.json)
  diff <(events run) <(events whole)
}

cut 2
"$RUNG" train --resume run --threads 3 >log
sed -n 2p log
same

# A finished run is left unchanged.
find run -type f -exec sha256sum {} + >before
"$RUNG" train --resume run | grep -E '^run|^Weights' | sed 's/[0-9a-f]\{64\}/*/'
sha256sum --quiet -c before

# The result is not written yet, or is damaged.
rm run/result.json && "$RUNG" train --resume run | sed -n 2p
same
truncate -s 100 run/result.json && "$RUNG" train --resume run >/dev/null
same

# The newest checkpoint is damaged or truncated: a warning says so, and the one before it is used.
for damage in 'printf x | dd of=run/checkpoint.safetensors bs=1 seek=5000 conv=notrunc status=none' \
  'truncate -s 4000 run/checkpoint.safetensors' 'rm run/checkpoint.safetensors'; do
  cut 3 && eval "$damage"
  "$RUNG" train --resume run 2>errors >log
  cat errors
  same
done

# Both are damaged: nothing is overwritten.
cut 3 && for file in run/checkpoint*; do truncate -s -1 $file; done
fails 1 "rung: error: run/checkpoint.previous.safetensors: byte *" "$RUNG" train --resume run
lists run recipe.toml metrics.jsonl best.safetensors checkpoint{,.previous}.safetensors events.out.tfevents.000001

# The checkpoints of a run with epochs are missing: the epochs are not thrown away.
cut 3 && rm run/checkpoint* && cp run/metrics.jsonl kept
fails 1 "rung: error: run holds the epochs of a run, but checkpoint.safetensors is missing (*" "$RUNG" train --resume run
cmp kept run/metrics.jsonl

# Killed before the first checkpoint, with a temporary file: it starts over.
rm -rf run && mkdir run && cp whole/recipe.toml run && touch run/.checkpoint.safetensors.77-0.tmp run/.lock
"$RUNG" train --resume run >/dev/null
same
lists run recipe.toml metrics.jsonl best.safetensors checkpoint{,.previous}.safetensors result.json events.out.tfevents.000001 report.html

# Another recipe, other images, other bits; no run at all.
cut 3 && sed -i 's/lr = 0.05/lr = 0.04/' run/recipe.toml
fails 2 "rung: error: run/checkpoint.safetensors belongs to another recipe (*" "$RUNG" train --resume run
cut 3 && cp digits/train-images-idx3-ubyte images && printf x | dd of=digits/train-images-idx3-ubyte bs=1 seek=900 conv=notrunc status=none
fails 2 "rung: error: run/checkpoint.safetensors was trained on other images (*" "$RUNG" train --resume run
cp images digits/train-images-idx3-ubyte
fails 2 "rung: error: nowhere holds no run (*" "$RUNG" train --resume nowhere
[[ ! -e nowhere ]]
