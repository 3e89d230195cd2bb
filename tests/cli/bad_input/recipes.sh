# Wrong recipes: one line with file, line and column, from every command that reads recipes.
source "$HELPERS"
make_dataset digits
make_recipe good.toml

# wrong <sed script that spoils the recipe> <the message after "bad.toml:">
wrong() {
  make_recipe bad.toml "$1"
  ! cmp -s good.toml bad.toml || { echo "nothing was changed: $1" >&2 && return 1; }
  fails 2 "rung: error: bad.toml:$2" "$RUNG" summary bad.toml
  fails 2 "rung: error: bad.toml:$2" "$RUNG" train bad.toml
  fails 2 "rung: error: bad.toml:$2" "$RUNG" climb good.toml bad.toml
  [[ ! -e runs ]]
}

wrong 's/stride = 2/strid = 2/' '15:57: *strid*stride*'
wrong 's/^epochs/epoch/' '2?:1: *epoch*'
wrong 's/out_channels = 8/out_channels = "8"/' '15:37: *out_channels: expected an integer*'
wrong 's/kernel_size = 5/kernel_size = true/' '15:54: *kernel_size: expected an integer*'
wrong 's/kernel_size = 5/kernel_size = 29/' '15:*the 29×29 kernel is larger than its 28×28 input*'
wrong 's/kernel_size = 5/kernel_size = 0/' '15:54: *found 0*'
wrong 's/kernel_size = 5/kernel_size = -3/' '15:54: *found -3*'
wrong 's/stride = 2/groups = 3/' '15:*3*'
wrong 's/out_channels = 10/out_channels = 10, groups = 4/' '19:*4*'
wrong 's/out_channels = 10/out_channels = 11/' '*11*10*'
wrong 's/out_channels = 8/out_channels = 0/' '15:37: *found 0*'
wrong 's/out_channels = 8/out_channels = 1000000/' '15:37: *found 1000000*'
wrong 's/out_channels = 8/out_channels = 99999999999999999999/' '15:*'
wrong 's/out_channels = 8/out_channels = 65536/; s/out_channels = 10/out_channels = 60000/' '*parameters*'
wrong 's/^input = .*/input = [1, 999999, 28]/' '12:*999999*'
wrong 's/^input = .*/input = [1, 28]/' '12:*'
wrong 's/^batch_size = .*/batch_size = 0/' '2?:14: *found 0*'
wrong 's/^epochs = .*/epochs = -1/' '2?:10: *found -1*'
for value in nan inf -inf 0 -0.1; do wrong "s/^lr = .*/lr = $value/" '29:6: *lr*'; done
wrong 's/^lr = .*/lr = 1e400/' '29:11: *1e400*'
wrong 's/^type = "sgd"/type = "sdg"/' '2?:8: *sgd*'
wrong 's/^\[model\]/[model/' '11:*'
wrong 's/^title = .*/title = "\\u001b[2J"/' '1:9: title: *control characters*'
wrong '1d' '1:1: title: missing*'

printf 'title = "\xff"' >bad.toml
fails 2 'rung: error: bad.toml:1:*utf-8*' "$RUNG" summary bad.toml
: >bad.toml
fails 2 'rung: error: bad.toml:1:1: title: missing*' "$RUNG" summary bad.toml
head -c 3000000 /dev/zero >bad.toml
fails 1 'rung: error: bad.toml: 3000000 bytes, more than the 2097152 that such a file may have' "$RUNG" summary bad.toml
{ printf "title = '''" && head -c 1200000 /dev/zero | tr '\0' '\\' && printf "'''\n" && sed 1d good.toml; } >bad.toml
fails 2 'rung: error: bad.toml:1:1: spelt out, the recipe has more than 2096128 bytes' "$RUNG" summary bad.toml
{ cat good.toml && printf '[model.stages]\n%s = [{}]\n' "$(printf 'x%.0s' {1..101})"; } >bad.toml
fails 2 'rung: error: bad.toml:*: the name of a stage has more than 100 bytes' "$RUNG" summary bad.toml
fails 2 'rung: error: there is no recipe step9; did you mean step1? (give a file, or one of best10k, *' "$RUNG" summary step9
fails 2 'rung: error: there is no recipe digits (*' "$RUNG" summary digits
make_recipe other.toml 's/digits/others/'
fails 2 'rung: error: good trains on '"$PWD"'/digits, but other on '"$PWD"'/others (*' "$RUNG" climb good.toml other.toml

# Two recipes of the same name are told apart, up to the longest allowed name.
long=$(printf 'n%.0s' {1..99})
make_recipe long.toml "s/^seed/name = \"$long\"\nseed/"
fails 2 "rung: error: two of the recipes are called $long (give one of them another \`name\`)" "$RUNG" climb long.toml long.toml --out twice

# A model that no machine can hold is refused before it takes any memory.
make_dataset digits
make_recipe huge.toml 's/out_channels = 8, kernel_size = 5, stride = 2/out_channels = 65_536, kernel_size = 1/'
fails 1 "rung: error: training in batches of 32 with 64 threads takes * GiB of memory, and * GiB are available (use a smaller batch_size, a smaller model, fewer elastic_transforms or fewer threads)" \
  "$RUNG" train huge.toml --threads 64 --out huge
{ printf 'title = "x"\naugment = [' && printf '{ type = "elastic_transform" }, %.0s' {1..10000} && printf ']\n' && sed 1d good.toml; } >huge.toml
fails 1 "rung: error: training in batches of 32 with 1024 threads takes * GiB of memory, *" "$RUNG" train huge.toml --threads 1024 --out huge
[[ ! -e huge ]]
