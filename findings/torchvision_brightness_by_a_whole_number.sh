#!/usr/bin/env bash
# torchvision's v2 adjust_brightness by a whole number wraps bright pixels around to dark ones.
#
# Package: torchvision 0.29.2, torch 2.15.0 (PyPI; 5 GB while it runs)
# Expected: adjust_brightness(image, 2) is adjust_brightness(image, 2.0): brighter pixels are clipped at
#   255, as for PIL images and in torchvision.transforms.functional.
# Seen: transforms.v2.functional multiplies a uint8 tensor by a Python int in uint8, so 128 becomes 0
#   and 200 becomes 144; half of the 256 levels are wrong. ColorJitter draws floats and is right; a
#   fixed factor written as 2 or 3 in an augmentation or at test time is not. Write 2.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  torchvision==0.29.2 torch==2.15.0 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import numpy as np
import torch
from PIL import Image
from torchvision.transforms import functional as v1
from torchvision.transforms.v2 import functional as v2

levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
pil = Image.fromarray(levels[0].numpy())
wrong = {}
for factor in (1, 2, 3):
    expected = torch.clamp(levels.int() * factor, 0, 255).to(torch.uint8)
    results = {"v2, tensor, float": v2.adjust_brightness(levels, float(factor)),
               "v2, tensor, int": v2.adjust_brightness(levels, factor),
               "v1, tensor, int": v1.adjust_brightness(levels, factor),
               "v2, PIL, int": torch.from_numpy(np.asarray(v2.adjust_brightness(pil, factor)).copy())[None]}
    for name, y in results.items():
        wrong[name, factor] = int((y != expected).sum())
        print(f"factor {factor}, {name:17s}: {wrong[name, factor]} of 256 levels wrong; "
              f"100, 128, 200 become {y.flatten()[[100, 128, 200]].tolist()}")

for (name, factor), n in wrong.items():
    assert n == ({1: 0, 2: 128, 3: 170}[factor] if name == "v2, tensor, int" else 0), (name, factor, n)
END
