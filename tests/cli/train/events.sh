# TensorBoard's events: the scalars of metrics.jsonl, pictures, histograms, read by an independent reader.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^lr = .*/lr = 0.01/'
"$RUNG" train small.toml --out run >/dev/null
"$READ_EVENTS" run/events.* >events
sed 's/images_per_second: [0-9]*.*/images_per_second: */' events

# number <epoch> <field>: the value in metrics.jsonl, in the reader's format.
number() { sed -n "$1s/.*\"$2\":\([^,]*\).*/\1/p" run/metrics.jsonl | python3 -c 'print(f"{float(input()):.6g}")'; }
for epoch in 1 2; do
  for pair in loss/train:train_loss loss/test:test_loss accuracy/train:train_accuracy accuracy/test:test_accuracy learning_rate:lr; do
    awk -v line="$epoch ${pair%:*}:" -v wanted="$(number $epoch ${pair#*:})" \
      'index($0, line) == 1 { found = ($3 - wanted) ^ 2 < (1e-6 * wanted) ^ 2 + 1e-20 } END { exit !found }' events ||
      { echo "epoch $epoch: not ${pair#*:}" && exit 1; }
  done
done

# The names of classes, for a page in Markdown.
names='"a|b", "*c*", "2", "3", "4", "5", "6", "7", "8", "9"'
make_recipe named.toml "s/^epochs = .*/epochs = 1/; s/^name = .*/&\nclass_names = [$names]/"
"$RUNG" train named.toml --out named >/dev/null
"$READ_EVENTS" named/events.* | sed -n '/classes/p; /^1 loss/p' | sed 's/loss.*/.../'

# The checksums find a wrong byte anywhere.
for at in 3 9 20 5000; do
  cp run/events.* bad && printf '\xa5' | dd of=bad bs=1 seek=$at conv=notrunc status=none
  if "$READ_EVENTS" bad 2>/dev/null; then echo "byte $at" && exit 1; fi
done
