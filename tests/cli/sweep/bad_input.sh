# A fault of the sweep is reported before anything runs; a fault of a run affects only that run.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
make_recipe wild.toml 's/^lr = .*/lr = 900_000/; /batch_norm2d/d'

refused() { fails 2 "rung: error: $1" "$RUNG" sweep small.toml --out out "${@:2}"; }
refused '"3..1" is not a seed or a range of seeds (*' --seeds 3..1
refused "small with optimizer.lrr=0.1: unknown key \`optimizer.lrr\`; * (did you mean \`lr\`?)" --set optimizer.lrr=0.1
refused "small with optimizer.lr=fast: optimizer.lr: expected a number above 0 and below 1000000, found \"fast\"" --set optimizer.lr=fast
refused "two of the recipes are called small (*" small.toml
refused "\`seed\` cannot be set (use --seeds)" --set seed=1
refused "\`optimizer.lr\` is set twice (*" --set optimizer.lr=0.1 --set optimizer.lr=0.2
refused "small-lr=0.1 and small-lr=0.10 are the same recipe (give each value once)" --set optimizer.lr=0.1,0.2,0.10
refused "--epochs and --set training.epochs cannot both be given (*" --set training.epochs=1,2 --epochs 3
fails 1 "rung: error: cannot find nowhere/mnist/*" "$RUNG" sweep step1 --out out --data nowhere
cp "$RUNG" alone
fails 2 "rung: error: the processes cannot share the work: this program was built without MPI, or moved without rung_mpi.so (*" \
  env PMI_RANK=0 ./alone sweep small.toml --out out
rm alone
lists . digits digits/{train,t10k}-{images-idx3,labels-idx1}-ubyte small.toml wild.toml

# A folder of another sweep, of a run or a ladder.
"$RUNG" sweep small.toml --seeds 1 --out out >/dev/null
refused "out holds a sweep of another recipe small: training.epochs is 2 there, and 3 now (*" --epochs 3
fails 2 "rung: error: out holds a sweep with the recipe small, which this command does not name (*" "$RUNG" sweep wild.toml --out out
fails 2 "rung: error: out holds a sweep, not a run (give one of the runs in out/runs)" "$RUNG" eval out
fails 2 "rung: error: out holds a sweep, which gets a page of its own at its end (*" "$RUNG" report out
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" climb small.toml --out ladder >/dev/null
fails 2 "rung: error: run already holds a run (*" "$RUNG" sweep small.toml --out run
fails 2 "rung: error: ladder already holds a ladder (*" "$RUNG" sweep small.toml --out ladder

# Other images, or kernels that compute other bits, do not belong in the same sweep.
cp -r digits kept && printf x | dd of=digits/train-images-idx3-ubyte bs=1 seek=900 conv=notrunc status=none
refused "out holds a sweep of another recipe small: dataset.mean is * there, and * now (if the images have changed, choose another folder with --out)" --seeds 1,2
rm -r digits && cp -r kept digits
printf '\2' | dd of=digits/train-labels-idx1-ubyte bs=1 seek=8 conv=notrunc status=none
refused "out/runs/small-seed1/checkpoint.safetensors was trained on other images (*" --seeds 1,2
rm -r digits && mv kept digits
other=$(other_target small.toml)
[[ -z $other ]] || refused "out/runs/small-seed1/checkpoint.safetensors was trained with *, and $other computes other bits (*" --seeds 1,2 --simd "$other"
lists out/runs small-seed1{,/{recipe.toml,metrics.jsonl,checkpoint{,.previous}.safetensors,best.safetensors,result.json}}

# One run diverges and another's folder is not a folder: the others finish, the table is printed, the exit code is 1.
mkdir -p mixed/runs && touch mixed/runs/small-seed2
code=0 && "$RUNG" sweep small.toml wild.toml --seeds 1,2 --out mixed >log || code=$?
[[ $code == 1 ]]
sed -n '/^# /,/^## Test/p; /^## Runs/,/^$/p; /^- /p' log
# Again: the diverged run is not tried again, the failed one is.
rm mixed/runs/small-seed2
code=0 && "$RUNG" sweep small.toml wild.toml --seeds 1,2 --out mixed >log || code=$?
[[ $code == 1 ]]
fails 1 "rung: error: 2 of 4 runs did not finish (wild-seed1 diverged: *)" "$RUNG" sweep small.toml wild.toml --seeds 1,2 --out mixed -q
grep -E '^mixed|^[0-9]+/4' log | sed 's/: last.*//'
