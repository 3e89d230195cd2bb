# Malicious files cause only one line that says what is wrong, without control characters.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >/dev/null

# unsteered <command...>: the output holds no escape, bell, or lone byte 9b.
unsteered() {
  "$@" >out 2>&1 || true
  ! LC_ALL=C grep -q $'[\e\a\x9b]' out || { cat -v out && return 1; }
}
# repeated <count> <text>
repeated() { printf "%0$1d" 0 | sed "s/0/$2/g"; }

# Terminal escapes: in a title, in a key, in a file's name, in a tensor's name.
for escape in '\u001b[2J' '\u009b2J' '\u0007'; do
  echo "title = \"$escape\"" >bad.toml
  fails 2 'rung: error: bad.toml:1:9: title: expected text without control characters, found "\\x*' "$RUNG" summary bad.toml
done
printf '"\\u001b[2J" = 1' >bad.toml
fails 2 'rung: error: bad.toml:1:1: unknown key `\\x1b\[2J`*' "$RUNG" summary bad.toml
printf 'title = "\e[2J"' >bad.toml
fails 2 'rung: error: bad.toml:1:10:*' "$RUNG" summary bad.toml
cp small.toml $'\e[31m\x9b.toml' && unsteered "$RUNG" summary $'\e[31m\x9b.toml'
cp -r digits $'\e[31mdigits' && unsteered "$RUNG" data info $'./\e[31mdigits'
cp small.toml $'x\n\e[2J.toml' && unsteered "$RUNG" data show ./digits --augment $'x\n\e[2J.toml'

# byte <number>
byte() { printf '%b' "\\x$(printf %02x "$1")"; }
# header <JSON>: a checkpoint with this header and no data.
header() { { byte $((${#1} % 256)) && byte $((${#1} / 256)) && bytes 6 0 && printf '%s' "$1"; } >run/checkpoint.safetensors; }
refused() { fails 1 "rung: error: run/checkpoint.safetensors: byte 8: $1" "$RUNG" eval run; }
header '{"a\n\u001b[2J":{"dtype":"F64","shape":[],"data_offsets":[]}}' && refused 'tensor `a\\x0a\\x1b\[2J` is neither F32 nor U8'
header "{\"$(repeated 5000 n)\":0}" && refused 'tensor `nnn*n...` lacks its type, shape or offsets'
header "$(repeated 60000 '[')" && refused 'the header is not a JSON object'
for shape in -1 1e300 18446744073709551616 4611686018427387904,4; do
  header "{\"a\":{\"dtype\":\"F32\",\"shape\":[$shape],\"data_offsets\":[0,0]}}" && refused 'tensor `a` *'
done

# Long text, deep nesting, numbers out of range.
{ printf 'title = "' && bytes 10485760 141 && printf '"'; } >bad.toml
fails 1 'rung: error: bad.toml: 10485770 bytes, more than the 2097152 that such a file may have' "$RUNG" summary bad.toml
{ bytes 2000000 141 && printf ' = 1'; } >bad.toml
fails 2 'rung: error: bad.toml:1:1: unknown key `aaa*a...' "$RUNG" summary bad.toml
(($("$RUNG" summary bad.toml 2>&1 | wc -c) < 2000))
for nest in '[' '{a='; do
  { printf 'a = ' && repeated 100000 "$nest"; } >bad.toml
  fails 2 'rung: error: bad.toml:1:*nested*' "$RUNG" summary bad.toml
done
{ repeated 100000 'a.' && printf 'a = 1'; } >bad.toml
fails 2 'rung: error: bad.toml:1:32: a key has more than 16 parts' "$RUNG" summary bad.toml
for seed in -1 99999999999999999999999 -9223372036854775809 1e3; do
  make_recipe bad.toml "s/^seed = .*/seed = $seed/"
  fails 2 'rung: error: bad.toml:2:*' "$RUNG" summary bad.toml
done

# A flipped bit anywhere in the header of images or labels.
for file in train-images-idx3-ubyte:16 t10k-labels-idx1-ubyte:8; do
  for ((at = 0; at < ${file#*:}; ++at)); do
    cp digits/${file%:*} kept
    value=$(od -An -tu1 -j$at -N1 kept)
    byte $((value ^ 4)) | dd of=digits/${file%:*} bs=1 seek=$at conv=notrunc status=none
    fails 1 "rung: error: ./digits/*: byte *" "$RUNG" data info ./digits
    mv kept digits/${file%:*}
  done
done
