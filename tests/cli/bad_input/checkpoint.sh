# Weights that are damaged, or another model's: named, with the place in the file.
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
cp other/checkpoint.safetensors $bad && refused "tensor \`0.weight\` has 225 values, but the model needs 200"
rm $bad && fails 1 "rung: error: cannot read run/checkpoint.safetensors: No such file or directory" "$RUNG" eval run
mkdir $bad && fails 1 "rung: error: cannot read run/checkpoint.safetensors: not a regular file" "$RUNG" eval run
fails 2 "rung: error: nowhere holds no run (*" "$RUNG" eval nowhere
