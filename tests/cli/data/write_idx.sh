# The documentation's way to write your own images: it refuses what would become something else, and training
# accepts what it writes.
source "$HELPERS"
python3 -c 'import numpy' 2>/dev/null || { echo "skipped: there is no python3 with numpy" >&2 && exit 77; }
page=$RECIPES/../docs/recipes.md
# The Python block with write_idx, and the recipe after it.
awk '/^```/ { inside = 0 } inside { text = text $0 "\n" } /^```python/ { inside = 1; text = "" }
  /^```$/ && text ~ /def write_idx/ { printf "%s", text; exit }' "$page" >write.py
grep -q 'def write_idx' write.py
sed -n '/^title = "Images of my own"/,/^```/p' "$page" | sed '$d; s/^epochs = .*/epochs = 1/' >own.toml

cat >images.py <<'PYTHON'
import numpy as np
random = np.random.default_rng(1)
train_labels, test_labels = np.arange(200) % 5, np.arange(50) % 5
train_images, test_images = (random.integers(0, 256, (n, 32, 32)) for n in (200, 50))
PYTHON
cat images.py write.py | python3 -
"$RUNG" data info ./mine | sed -n 1,5p
"$RUNG" train own.toml --out run >log
grep -E '^(mean|std|validation) = ' run/recipe.toml | sed 's/[0-9.]*$/NUMBER/'

# refuses <statement>: the last line of the error.
refuses() {
  if { cat images.py && echo "$1" && cat write.py; } | python3 - 2>errors; then return 1; fi
  tail -n 1 errors
}
refuses 'train_images = train_images / 255'
refuses 'train_images = train_images * 256'
refuses 'test_labels = test_labels - 1'
refuses 'train_images = train_images[..., None]'
