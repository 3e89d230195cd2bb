# A validation split chooses the best epoch; eval knows it, and --no-validation trains on all.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^name = .*/&\nvalidation = 56/; s/^\[dataset\]/[[targets]]\nmetric = "best_validation_accuracy"\nabove = 0\n\n&/'
"$RUNG" train small.toml | grep -E '^Epoch|[Vv]alidation'
run=runs/small-seed5
grep -c '"validation_loss":.*"validation_accuracy":.*"validation_seconds":' $run/metrics.jsonl
grep -E '"(train_images|validation_images|test_images)":' $run/result.json
for field in best_validation_epoch best_validation_accuracy final_validation_accuracy test_accuracy_at_best_validation; do
  grep -q "\"$field\": " $run/result.json || { echo "result.json has no $field" && exit 1; }
done
"$RUNG" eval $run --split validation
"$RUNG" verify $run | tail -n 1

"$RUNG" train small.toml --no-validation --out all >log
grep -E '"(train_images|validation_images|test_images|metric)":' all/result.json
fails 2 'rung: error: the run has no validation images (give --split test or --split train)' "$RUNG" eval all --split validation
fails 2 'rung: error: *no-validation*' "$RUNG" train --resume all --no-validation
make_recipe whole.toml 's/^name = .*/&\nvalidation = 256/'
fails 2 'rung: error: a validation split of 256 images leaves none of the 256 training images (*)' "$RUNG" train whole.toml
