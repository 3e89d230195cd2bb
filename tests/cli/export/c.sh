# A run's model as C source: it builds, its test passes, and nothing is replaced or half-written.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >/dev/null
"$RUNG" export c run | sed -E 's/[0-9.]+ %/N %/g; s/[0-9,]+ (bytes|of memory)/N \1/g; s/float32: [0-9]+/float32: N/; s/integers: [0-9]+/integers: N/; s/p = [0-9.]+/p = P/'
ls run/c
check() { (cd "$1" && cc -std=c99 -O1 -Wall -Wextra -Wconversion -pedantic -Werror "$2.c" "$2_test.c" -o "$2_test" && "./$2_test"); }
check run/c small
if command -v make >/dev/null; then make -s -C run/c >made; fi
"$RUNG" export c run --json --out other --name net_2 --weight-bits 4 >document
one_document document
check other net_2

# It says what it is.
grep -q "^| static memory | [0-9,]* bytes |$" run/c/README.md
if grep -E "nan|inf |\{0" run/c/README.md; then exit 1; fi

fails 2 "rung: error: run/c/small.c already exists (--force replaces it, --out names another)" "$RUNG" export c run
mkdir -p mine/test && echo mine >mine/Makefile
fails 2 "rung: error: mine/Makefile already exists (--force replaces it, --out names another)" "$RUNG" export c run --out mine
[[ $(find mine -type f -exec cat {} +) == mine ]]
"$RUNG" export c run --force --quiet
fails 2 "rung: error: --name: *expected a C identifier*" "$RUNG" export c run --name 2x
fails 2 "rung: error: nowhere holds no run (*" "$RUNG" export c nowhere
make_recipe group.toml 's/"batch_norm2d"/"group_norm", num_groups = 1/'
"$RUNG" train group.toml --out group >/dev/null
fails 2 "rung: error: layer 1 (group_norm) has no integer form (batch_norm2d has: *" "$RUNG" export c group
[[ ! -e group/c ]]

# In float32: also what has no integer form, and any build of it agrees.
"$RUNG" export c run --float --out floats | sed -E 's/[0-9.]+ %/N %/; s/[0-9,]+ (bytes|of memory)/N \1/g'
ls floats
check_float() { (cd "$1" && cc -std=c99 -O2 -Wall -Wextra -Wconversion -pedantic -Werror "$2.c" "$2_test.c" -lm -o "$2_test" && "./$2_test"); }
check_float floats small
"$RUNG" export c group --float --json >document
one_document document
check_float group/c group
if grep -E "nan|inf |\{0" group/c/README.md; then exit 1; fi
fails 2 "rung: error: --float excludes --weight-bits*" "$RUNG" export c run --float --weight-bits 4
"$RUNG" export c run --float --arduino --out library --quiet
grep -q "in float32" library/library.properties
grep -q "small_predict(image)" library/examples/small/small.ino

# A class's name breaks no table.
printf 'classes = ["a|b", "1", "2", "3", "4", "5", "6", "7", "8", "9"]\n' >digits/dataset.toml
"$RUNG" train small.toml --out named >/dev/null
"$RUNG" export c named --quiet
grep -qF '10: a\|b, 1, 2' named/c/README.md
