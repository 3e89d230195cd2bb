# A fault of the command is reported before anything is trained, and what another command left stays.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
refused() { fails 2 "rung: error: $1" "$RUNG" search small.toml --out out "${@:2}"; }
target=(--target final_test_accuracy=50)
refused '"final_test_accuracy" is not a name and a number (write it as in final_test_accuracy=99.4)' --target final_test_accuracy
refused 'params is not an accuracy that a search can reach for (*' --target params=50
refused 'no network can be asked for an accuracy of 101 % (*' --target final_test_accuracy=101
refused 'weight is not a cost (use one of params, flash_bytes, ram_bytes, macs, train_seconds)' "${target[@]}" --minimise weight
refused 'no network can be asked for an accuracy of 100 % (*' --target final_test_accuracy=100
refused '"params" is not a name and a number (*' "${target[@]}" --at-most params
refused '--at-most says twice how much params there may be' "${target[@]}" --at-most params=9000 --at-most params=5000
refused '--claim-seeds: *' "${target[@]}" --claim-seeds 1
refused 'unknown processor z80*' "${target[@]}" --minimise flash_bytes --chip z80 --candidates 1
refused '--budget: "soon" is not a time (write it as in 90s, 30m or 2h)' "${target[@]}" --budget soon
refused 'a budget of * is too short: one run takes about *, and a claim 10 of them (give at least --budget *' "${target[@]}" --budget 0.001s
echo 'epochs = [1, 9]' >space.toml
refused 'the start has * parameters, more than the 100 parameters of --at-most (start from a smaller recipe)' "${target[@]}" --at-most params=100 --candidates 1 --space space.toml
refused "the recipe's epochs of 2 is outside [[]4, 40[]], where the search may go (*" "${target[@]}" --candidates 1
space() { echo "$1" >space.toml; }
space 'chanels = [1, 2]'
refused 'space.toml:1:1: *unknown key `chanels`*' "${target[@]}" --space space.toml
space 'channels = [8, 2]'
refused 'space.toml:1:12: channels: expected the smaller number first' "${target[@]}" --space space.toml
space 'fixed = ["colour"]'
refused 'space.toml:1:9: fixed: expected one of channels, depth, *' "${target[@]}" --space space.toml
fails 1 'rung: error: *nowhere.toml*' "$RUNG" search small.toml "${target[@]}" --space nowhere.toml --out out
fails 2 'rung: error: *' "$RUNG" search nothing "${target[@]}" --out out
[[ ! -e out ]]

# Nothing in reach: all kinds are fixed.
space 'fixed = ["channels", "depth", "kernel_size", "padding", "pooling", "residual", "depthwise", "head", "activation", "lr", "schedule", "weight_decay", "label_smoothing", "batch_size", "epochs", "augment"]'
"$RUNG" search small.toml "${target[@]}" --space space.toml --claim-seeds 2 --out alone >log
grep -q 'No more were drawn: every recipe in reach was tried or is outside the limits' log
# Nor does a limit that the start just meets keep what changes something else from being tried.
"$RUNG" summary small.toml >shape
params=$(sed -n 's/^Total params: //p' shape | tr -d ,)
echo 'epochs = [1, 9]' >wide.toml
"$RUNG" search small.toml "${target[@]}" --at-most params="$params" --batch 1 --candidates 6 --claim-seeds 2 --space wide.toml --out tight >log
grep -q 'No more were drawn: the limit is 6 candidates' log
# A start that has no bytes on a chip, or that diverges.
make_recipe float.toml 's/"batch_norm2d"/"group_norm", num_groups = 2/'
fails 2 "rung: error: the start's model has no integer form, so it has no bytes on a chip (*" \
  "$RUNG" search float.toml "${target[@]}" --minimise flash_bytes --space wide.toml --candidates 3 --out float
make_recipe wild.toml 's/^lr = .*/lr = 900/'
echo 'lr = [1e-9, 1000]
epochs = [1, 9]' >lr.toml
fails 1 'rung: error: the start diverged (*' "$RUNG" search wild.toml "${target[@]}" --space lr.toml --candidates 3 --out wild
# A target that nothing meets ends with a word about it.
make_recipe weak.toml 's/^lr = .*/lr = 1e-6/'
"$RUNG" search weak.toml --target final_test_accuracy=99.99 --space space.toml --claim-seeds 2 --out never >log
grep -q 'Nothing that was tried can be claimed to reach the target' log

# Folders of other jobs, and what is no plan.
mkdir broken && echo '{"format": "rung-search", "version": 1}' >broken/search.json
fails 1 'rung: error: broken/search.json: not the plan of a search' \
  "$RUNG" search small.toml "${target[@]}" --space wide.toml --candidates 2 --out broken
fails 2 'rung: error: alone holds another search: its target is 50.0, not 60.0 (*' \
  "$RUNG" search small.toml --target final_test_accuracy=60 --space space.toml --claim-seeds 2 --out alone
"$RUNG" train small.toml --out run >/dev/null
fails 2 'rung: error: run already holds a run (*' "$RUNG" search small.toml "${target[@]}" --space space.toml --out run
fails 2 'rung: error: alone already holds a search (*' "$RUNG" train small.toml --out alone
fails 2 'rung: error: alone already holds a search (*' "$RUNG" sweep small.toml --out alone
fails 2 'rung: error: alone holds a search, not a run (*' "$RUNG" eval alone
