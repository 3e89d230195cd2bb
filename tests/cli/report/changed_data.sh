# A dataset whose files have changed since the run: every figure that is computed anew says so.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" eval run >/dev/null 2>said && [[ ! -s said ]]
"$RUNG" eval run --json | grep same_data
[[ $(grep -c '"data_sha256"' run/result.json) == 1 ]]

# The labels one further on: 1 to 9, and 0.
{ word 0x801 && word 64; for ((i = 0; i < 64; ++i)); do printf '%b' "\\x0$(((i + 1) % 10))"; done; } >digits/t10k-labels-idx1-ubyte
"$RUNG" eval run 2>&1 >/dev/null
"$RUNG" eval run --json 2>/dev/null | grep same_data
"$RUNG" report run >/dev/null
grep -q 'digits no longer holds the images and labels that the run was trained and tested on' run/report.html
grep -q 'The run recorded a test accuracy of' run/report.html
[[ $(grep -c 'Computed from the present data of .*digits' run/report.html) -ge 4 ]]
fails 2 "rung: error: run/checkpoint.safetensors was trained on other images*" "$RUNG" verify run

# A run of version 0.1: the record does not say, the checkpoint does. Without both nothing is known.
sed -i '/"data_sha256"/d' run/result.json
"$RUNG" eval run --json 2>/dev/null | grep same_data
rm run/checkpoint.safetensors
"$RUNG" eval run --best --json | grep same_data

# Images that the model does not take: the page is made without them.
idx_images 256 9 >digits/train-images-idx3-ubyte
idx_images 64 9 >digits/t10k-images-idx3-ubyte
"$RUNG" report run >/dev/null
grep -o 'The dataset .*digits no longer fits the model (the model takes images of [0-9x]*' run/report.html | sed 's/dataset .*digits/dataset digits/'
