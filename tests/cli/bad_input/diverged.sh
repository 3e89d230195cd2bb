# A loss that is no number any more stops the run, and says where and at which learning rate.
source "$HELPERS"
make_dataset digits
make_recipe wild.toml 's/^lr = .*/lr = 900_000/; /batch_norm2d/d; s/^epochs = .*/epochs = 9/'
fails 1 "rung: error: epoch 1, batch [1-9]: the loss is [ni][an]* at learning rate 900000 (lower the learning rate)" "$RUNG" train wild.toml --out wild
[[ ! -e wild/result.json ]]
fails 1 "rung: error: epoch 1, batch [1-9]: the loss is [ni][an]* (lower the learning rate)" "$RUNG" climb wild.toml --out ladder
