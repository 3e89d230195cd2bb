#!/usr/bin/env python3
"""Writes a small dataset: dataset.py FOLDER --labels FIRST-LAST [--size HEIGHTxWIDTH] [--train N] [--test N]

Every class is a pattern of 4 x 4 squares with noise over it; the labels come in turn. The same each time."""

import argparse
import pathlib
import random
import struct

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--labels", required=True, metavar="FIRST-LAST")
parser.add_argument("--size", default="28x28", metavar="HEIGHTxWIDTH")
parser.add_argument("--train", type=int, default=300)
parser.add_argument("--test", type=int, default=200)
options = parser.parse_args()

first, last = map(int, options.labels.split("-"))
height, width = map(int, options.size.split("x"))
draw = random.Random(1)
patterns = {label: [draw.choice((30, 30, 200)) for _ in range(16)] for label in range(first, last + 1)}


def image(pattern):
    for row in range(height):
        for column in range(width):
            level = pattern[row * 4 // height * 4 + column * 4 // width] + draw.gauss(0, 70)
            yield min(255, max(0, round(level)))


options.folder.mkdir(parents=True, exist_ok=True)
for split, count in (("train", options.train), ("t10k", options.test)):
    labels = [first + number % len(patterns) for number in range(count)]
    images = bytes(pixel for label in labels for pixel in image(patterns[label]))
    header = struct.pack(">IIII", 0x803, count, height, width)
    (options.folder / f"{split}-images-idx3-ubyte").write_bytes(header + images)
    (options.folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + bytes(labels))
