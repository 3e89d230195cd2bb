# A loss that becomes NaN or infinite stops the run, which says where and at which learning rate. The last finite state
# stays.
source "$HELPERS"
make_dataset digits
make_recipe wild.toml 's/^lr = .*/lr = 900_000/; /batch_norm2d/d; s/^epochs = .*/epochs = 9/'
fails 1 "rung: error: epoch 1, batch [1-9]: the loss is [ni][an]* at learning rate 900000 (lower the learning rate)" "$RUNG" train wild.toml --out wild
lists wild recipe.toml diverged.txt
for command in eval verify; do
  fails 1 "rung: error: wild diverged in its first epoch: epoch 1, batch [1-9]: the loss is * (resuming would diverge again: lower the learning rate in the recipe, and train it in another folder)" "$RUNG" $command wild
done
fails 1 "rung: error: wild diverged before the end of its first epoch: epoch 1, batch * (resuming would diverge again: *)" "$RUNG" watch wild
fails 1 "rung: error: epoch 1, batch [1-9]: the loss is [ni][an]* (lower the learning rate)" "$RUNG" climb wild.toml --out ladder

# The learning rate grows until it is too large: the checkpoint before that is usable, and its folder stays taken.
make_recipe late.toml 's/^lr = .*/lr = 0.001/; /batch_norm2d/d; s/^epochs = .*/epochs = 99/'
printf '[lr_scheduler]\ntype = "step_lr"\nstep_size = 1\ngamma = 20\n' >>late.toml
for seconds in 0 0.000001; do
  rm -rf late
  fails 1 "rung: error: *epoch [3-9]*; late/checkpoint.safetensors holds the last finite numbers, after epoch [2-9]*)" \
    "$RUNG" train late.toml --out late --checkpoint-seconds $seconds
  "$RUNG" eval late >/dev/null
  fails 1 "rung: error: late diverged after epoch * of 99: *epoch [3-9]* (resuming would diverge again: lower *)" "$RUNG" watch late
  fails 2 "rung: error: late already holds a run *" "$RUNG" train late.toml --out late
  # It diverges in the same way again.
  fails 1 "rung: error: *epoch [3-9]*; late/checkpoint.safetensors holds the last finite numbers, after epoch [2-9]*)" \
    "$RUNG" train --resume late
done

# Weights become NaN while the loss is finite: the batch does not depend on the checkpoints, and nothing says that its
# epoch was done.
make_recipe quiet.toml 's/^lr = .*/lr = 900_000/'
for seconds in 0 0.000001; do
  code=0 && "$RUNG" train quiet.toml --out quiet$seconds --checkpoint-seconds $seconds >log 2>errors || code=$?
  [[ $code == 1 ]]
  sed 's/[;(].*//' errors >>said
  lists quiet$seconds recipe.toml diverged.txt $(cd quiet$seconds && ls checkpoint* 2>/dev/null)
done
[[ $(sort -u said | wc -l) == 1 ]]
