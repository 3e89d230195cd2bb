# Of several commands that start at once without --out each gets a folder of its own; one that fails to start leaves none.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 1/'
for command in train climb "sweep --seeds 1"; do
  # shellcheck disable=SC2086 # a command and its options
  fails 1 "rung: error: cannot find nowhere/mnist/*" "$RUNG" $command step1 --data nowhere
done
[[ ! -e runs ]]

# at_once <command...>: four of them, with 1 to 4 in the place of @. Prints the folders that they name.
at_once() {
  local ids=() id
  for i in {1..4}; do "$RUNG" "${@//@/$i}" >log.$i & ids+=($!); done
  for id in "${ids[@]}"; do wait "$id"; done
  # shellcheck disable=SC2016 # a pattern
  cat log.* | sed -n 's/^Writing to \(.*\); follow it with `.*rung watch \1`$/\1/p' | sort
}
at_once train small.toml
at_once climb small.toml
at_once sweep small.toml --seeds 1 --set optimizer.lr=0.0@
ls runs
ls runs/small-seed5*/result.json runs/climb-seed5*/small/result.json runs/sweep-small-lr*/runs/small-seed1/result.json | wc -l

# An empty folder that a killed process left is passed over.
mkdir runs/small-seed5-5
"$RUNG" train small.toml >log
head -n 1 log
