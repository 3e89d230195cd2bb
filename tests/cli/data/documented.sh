# The commands of docs/own-images.md, from a folder of pictures to a model on a chip, as they stand there.
source "$HELPERS"
for python in python3 /usr/bin/python3 ""; do
  if [[ -z $python ]]; then echo "skipped: there is no python3 with numpy and Pillow" >&2 && exit 77; fi
  if "$python" -c 'import numpy, PIL' 2>/dev/null; then break; fi
done
"$python" - <<'PICTURES'
import pathlib

import numpy as np
from PIL import Image

random = np.random.default_rng(3)
for name, colour in (("lily", (240, 230, 80)), ("rose", (200, 30, 60)), ("violet", (90, 50, 180))):
    folder = pathlib.Path("flowers", name)
    folder.mkdir(parents=True)
    for number in range(30):
        height, width = random.integers(40, 90, 2)
        rows, columns = np.mgrid[:height, :width] / np.array([height, width])[:, None, None] - random.uniform(0.4, 0.6, (2, 1, 1))
        pixels = random.integers(60, 120, (height, width, 3)) * np.array([0.5, 1, 0.5])
        pixels[rows**2 + columns**2 < 0.06] = colour
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.jpg", quality=90)
Image.open("flowers/rose/0.jpg").save("photo.jpg")
PICTURES

rung() { "$RUNG" "$@"; }
# Blocks of commands in the document's first part: lines up to a heading, without their comments.
mapfile -t commands < <(sed -n '1,/^## /{/^```sh$/,/^```$/{/^```/!p}}' "${BASH_SOURCE[0]%/*}/../../../docs/own-images.md" |
  sed 's/ *#.*//')
for command in "${commands[@]}"; do
  echo "\$ $command"
  eval "$command" >said 2>&1 || { cat said && exit 1; }
  [[ $command != *predict* ]] || grep -o 'photo.jpg *[a-z]*' said | tr -s ' '
done
grep -c 'images have the expected logits' said
