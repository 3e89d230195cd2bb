# What a run leaves: exactly its files, and all fields of result.json.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml >log
lists runs small-seed5 small-seed5/{recipe.toml,metrics.jsonl,checkpoint{,.previous}.safetensors,best.safetensors,result.json,events.out.tfevents.000001,report.html}
[[ $(wc -l <runs/small-seed5/metrics.jsonl) == 2 ]]

result=$(<runs/small-seed5/result.json)
for field in recipe title seed params epochs best_test_accuracy final_test_accuracy mean_last3_test_accuracy final_balanced_test_accuracy test_recall test_classes train_classes targets \
  weights_sha256 machine cpu simd threads train_accuracy_evaluated overfitting_gap epoch lr train_loss train_accuracy \
  test_loss test_accuracy train_seconds test_seconds metric bound value met; do
  [[ $result == *"\"$field\": "* ]] || { echo "result.json has no $field" && exit 1; }
done
grep -E '"(recipe|seed|params|value|met)":' runs/small-seed5/result.json
for epoch in 1 2; do grep -c "^{\"epoch\":$epoch,.*}$" runs/small-seed5/metrics.jsonl; done

# The resolved recipe is itself a recipe with the same meaning.
cp runs/small-seed5/recipe.toml resolved.toml
"$RUNG" train resolved.toml --out resolved >/dev/null
cmp runs/small-seed5/best.safetensors resolved/best.safetensors

# A second run gets its own folder; another seed gives another name and other weights.
"$RUNG" train small.toml >/dev/null
"$RUNG" train small.toml --seed 6 --epochs 1 >/dev/null
ls runs
cmp runs/small-seed5/best.safetensors runs/small-seed5-2/best.safetensors
