"""What the tests of the Python package share."""

import os
import unittest
from pathlib import Path

import numpy as np

# A network of a few hundred parameters, trained in milliseconds, for images of 12 x 12.
TINY = """
title = "Tiny"
seed = 3
[dataset]
name = "./bars"
mean = 0.2
std = 0.4
[model]
input = [1, 12, 12]
classes = 3
layers = [
  { type = "conv2d", out_channels = 4, kernel_size = 3, bias = false },
  { type = "batch_norm2d" },
  { type = "relu" },
  { type = "max_pool2d", kernel_size = 2 },
  { type = "dropout", p = 0.1 },
  { type = "flatten" },
  { type = "linear", out_features = 3 },
]
[training]
epochs = 3
batch_size = 16
[optimizer]
type = "sgd"
lr = 0.1
momentum = 0.9
"""


def bars(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images of 12 x 12 that show an upright bar, one that lies, or a slanted one, with noise; and which it is."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 60, (count, 12, 12), dtype=np.uint8)
    labels = random.integers(0, 3, count)
    for image, label, place in zip(images, labels, random.integers(2, 10, count), strict=True):
        if label == 0:
            image[1:11, place] = 220
        elif label == 1:
            image[place, 1:11] = 220
        else:
            image[np.arange(1, 11), np.clip(np.arange(1, 11) + place - 6, 0, 11)] = 220
    return images, labels


def program() -> str:
    """The command line's program. Skips the test where there is none."""
    rung = os.environ.get("RUNG", "")
    if not rung:
        raise unittest.SkipTest("$RUNG does not name the program rung")
    return rung


def mnist_folder() -> Path:
    """The folder of the datasets. Skips the test where MNIST is not in it."""
    folder = Path(os.environ.get("RUNG_DATA", "data"))
    if not (folder / "mnist").is_dir():
        raise unittest.SkipTest(f"MNIST is not in {folder}: `rung data fetch mnist`")
    return folder
