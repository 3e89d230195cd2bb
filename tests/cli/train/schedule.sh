# A schedule whose lengths do not fit the training: train, climb and sweep warn once, summary advises. What follows the
# training's length always fits.
source "$HELPERS"
make_dataset digits
schedule() { make_recipe "$1.toml" 's/^epochs = .*/epochs = 4/' && printf "[lr_scheduler]\ntype = $2\n[lr_warmup]\n$3\n" >>"$1.toml"; }
schedule long '"cosine_annealing_lr"\nt_max = 16' 'total_iters = 32'
schedule fits '"cosine_annealing_lr"' 'epochs = 1.5'

"$RUNG" train long.toml --out long 2>&1 >/dev/null
"$RUNG" train long.toml --epochs 16 --out longer 2>&1 >/dev/null
"$RUNG" train --resume long 2>&1 >/dev/null # it is finished
"$RUNG" climb long.toml fits.toml --out ladder 2>&1 >/dev/null
"$RUNG" sweep long.toml fits.toml --seeds 0..1 --out sweep 2>&1 >/dev/null
"$RUNG" summary long.toml | grep -o 'cosine_annealing_lr does not get down.*'

for epochs in 1 4 9; do
  "$RUNG" train fits.toml --epochs $epochs --out fits$epochs 2>&1 >/dev/null
  grep -A 1 -E '^t_max|^start_factor' fits$epochs/recipe.toml
done
cmp fits1/recipe.toml <(sed 's/^epochs = 9$/epochs = 1/' fits9/recipe.toml)
