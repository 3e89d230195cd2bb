# A run is repeated: the bits agree, or the first epoch that differs is named.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 3/'
"$RUNG" train small.toml --threads 1 --out run >/dev/null
find run -type f -exec sha256sum {} + >before
"$RUNG" verify run --threads 3
"$RUNG" verify run --epochs 1
sha256sum --quiet -c before
other=$(other_target small.toml)
[[ -z $other ]] || fails 2 "rung: error: run/checkpoint.safetensors was trained with * computes other bits (*" "$RUNG" verify run --simd "$other"

# differs: it must exit with 1, which is not an error.
differs() { code=0 && "$RUNG" verify run || code=$?; [[ $code == 1 ]]; }
cp run/metrics.jsonl metrics
sed -i '2s/"weights_sha256":"....../"weights_sha256":"000000/' run/metrics.jsonl && differs
cp metrics run/metrics.jsonl
make_recipe other.toml 's/^epochs = .*/epochs = 3/; s/lr = 0.05/lr = 0.04/' && "$RUNG" train other.toml --out other >/dev/null
cp other/best.safetensors run && differs

# Another recipe or other images explain other bits.
cp run/recipe.toml recipe.toml && cp other/recipe.toml run
fails 2 "rung: error: run/checkpoint.safetensors belongs to another recipe (*" "$RUNG" verify run
cp recipe.toml run && printf x | dd of=digits/train-images-idx3-ubyte bs=1 seek=900 conv=notrunc status=none
fails 2 "rung: error: run/checkpoint.safetensors was trained on other images (*" "$RUNG" verify run
printf x | dd of=run/checkpoint.safetensors bs=1 seek=300 conv=notrunc status=none  # damaged: it cannot tell
"$RUNG" verify run 2>errors || true
grep -q '^rung: warning: run/checkpoint.safetensors: ' errors

# The best file of an unfinished run may be ahead.
"$RUNG" train small.toml --epochs 100000 --out cut >/dev/null 2>&1 & id=$!
begun cut && kill -s TERM $id && not wait $id
sed -i '2,$d' cut/metrics.jsonl
"$RUNG" verify cut --json | grep -E '"(epochs|best_file_agrees)"'

for bad in '' x '{}'; do
  echo "$bad" >run/metrics.jsonl && fails 1 "rung: error: run/metrics.jsonl: line 1: *" "$RUNG" verify run
done
: >run/metrics.jsonl && fails 1 "rung: error: run: no epoch is finished yet (resume with \`*rung train --resume run\`)" "$RUNG" verify run
