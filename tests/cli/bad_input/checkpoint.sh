# Damaged weights, or another model's: the message names the file and the place in it.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
make_recipe other.toml 's/out_channels = 8/out_channels = 9/'
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" train other.toml --out other >/dev/null
good=run/best.safetensors bad=run/checkpoint.safetensors
refused() { fails 1 "rung: error: run/checkpoint.safetensors: $1" "$RUNG" eval run; }
# with <offset> <bytes>: the good file with other bytes there.
with() { cp $good $bad && printf '%b' "$2" | dd of=$bad bs=1 seek="$1" conv=notrunc status=none; }

: >$bad && refused "byte 0: shorter than a safetensors header"
for size in 4 7; do head -c $size $good >$bad && refused "byte $size: shorter than a safetensors header"; done
head -c 100 $good >$bad && refused "byte 0: a header of * bytes does not fit the file"
head -c -1 $good >$bad && refused "byte *: *"
cat $good $good >$bad && refused "byte *: bytes that belong to no tensor"
head -c 5000 /dev/urandom >$bad && refused "byte 0: a header of * bytes does not fit the file"
with 0 '\xff\xff\xff\xff\xff\xff\xff\xff' && refused "byte 0: a header of 18446744073709551615 bytes does not fit the file"
with 8 '[' && refused "byte 8: the header is not a JSON object"
with 30 '\xff' && refused "byte 8: the header is not a JSON object"
with $(($(stat -c %s $good) - 2)) '\x7f' && refused "damaged: its weights are not those that its checksum is of"
cp $bad run/best.safetensors.bad && mv run/best.safetensors{,.kept} && mv run/best.safetensors{.bad,}
fails 1 "rung: error: run/best.safetensors: damaged: *" "$RUNG" eval run --best
mv run/best.safetensors{.kept,}
truncate -s 8G $bad  # sparse: it takes no disk space and no memory
fails 1 "rung: error: run/checkpoint.safetensors: 8589934592 bytes, more than the * that such a file may have" "$RUNG" eval run
cp other/checkpoint.safetensors $bad
fails 2 "rung: error: run/checkpoint.safetensors belongs to another recipe (*" "$RUNG" eval run
cp $good $bad && cp run/recipe.toml kept.toml && sed -i 's/"relu"/"silu"/' run/recipe.toml
fails 2 "rung: error: run/checkpoint.safetensors belongs to another recipe (*" "$RUNG" eval run
cp kept.toml run/recipe.toml && "$RUNG" eval run >/dev/null
rm $bad && fails 1 "rung: error: cannot read run/checkpoint.safetensors: No such file or directory" "$RUNG" eval run
for make in mkdir mkfifo; do
  $make $bad && fails 1 "rung: error: cannot read run/checkpoint.safetensors: not a regular file" "$RUNG" eval run
  rm -r $bad
done
mkfifo run/.lock && timeout 20 "$RUNG" watch run >/dev/null  # a pipe claims nothing, and nothing waits for it
fails 2 "rung: error: nowhere holds no run (*" "$RUNG" eval nowhere

# Where no epoch is finished there is nothing to evaluate yet, or to repeat.
mkdir early && cp kept.toml early/recipe.toml
for command in eval 'eval --best' verify; do
  # shellcheck disable=SC2086 # two words
  fails 1 "rung: error: early: no epoch is finished yet (resume with \`*rung train --resume early\`)" "$RUNG" $command early
done
