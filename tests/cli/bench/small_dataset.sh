# The figures per batch are of the batches that ran: here all 256 images, not the batch size.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^batch_size = .*/batch_size = 65_536/'
"$RUNG" bench small.toml --seconds 0.1 --no-peak --profile --json >document
# The first convolution: 8 channels of 12 x 12, 5 x 5 each, a multiply-accumulate counts as two.
flop=$((256 * 2 * 8 * 12 * 12 * 5 * 5))
grep -A 5 '"step": "convolve"' document | grep -q "\"flop\": $flop.0," || { cat document && exit 1; }
