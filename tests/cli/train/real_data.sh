# An epoch of step 1 on the real MNIST, with 1 thread and with 3: one line per epoch, the same weights, and an
# evaluation of the written weights that agrees with the measured one.
recipe=$RECIPES/ladder/step1.toml
"$RUNG" train "$recipe" --epochs 1 --threads 1 --out one >one.log 2>errors
"$RUNG" train "$recipe" --epochs 1 --threads 3 --out three >three.log 2>>errors
if [[ -s errors ]]; then cat errors && exit 1; fi

sed -n 2p one.log
if grep -qP '[\x00-\x09\x0b-\x1f\x7f]' one.log; then echo "control characters" && exit 1; fi
hash() { grep -o '"weights_sha256": "[0-9a-f]*"' "$1/result.json"; }
[[ $(hash one) == "$(hash three)" && -n $(hash one) ]] || { echo "1 thread: $(hash one), 3 threads: $(hash three)" && exit 1; }

accuracy=$(sed -n 's/^ *"final_test_accuracy": \([0-9.]*\),$/\1/p' one/result.json)
awk -v accuracy="$accuracy" 'BEGIN { exit !(accuracy > 95) }' || { echo "only $accuracy % after an epoch" && exit 1; }
evaluated=$("$RUNG" eval one --threads 2 | sed -n 1p)
[[ $(<one.log) == *"$evaluated"* ]] || { echo "trained: $(sed -n 2p one.log), evaluated: $evaluated" && exit 1; }
[[ $("$RUNG" eval one --best | sed -n 1p) == "$evaluated" ]]
