#!/usr/bin/env python3
"""Writes datasets of MNIST's images with one fault each: plant_faults.py MNIST OUT. Each is a folder of OUT with the
fault's name; "clean" has none."""

import pathlib
import sys

SIDE = 28
SIZE = SIDE * SIDE
mnist, out = map(pathlib.Path, sys.argv[1:])


def read(split, count):
    images = (mnist / f"{split}-images-idx3-ubyte").read_bytes()[16:16 + SIZE * count]
    labels = (mnist / f"{split}-labels-idx1-ubyte").read_bytes()[8:8 + count]
    return [images[SIZE * i:SIZE * (i + 1)] for i in range(count)], list(labels)


def write(name, train, test):
    folder = out / name
    folder.mkdir(parents=True)
    for split, (images, labels) in (("train", train), ("t10k", test)):
        head = b"".join(number.to_bytes(4, "big") for number in (0x803, len(images), SIDE, SIDE))
        (folder / f"{split}-images-idx3-ubyte").write_bytes(head + b"".join(images))
        head = b"".join(number.to_bytes(4, "big") for number in (0x801, len(labels)))
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(head + bytes(labels))


def moved(image, place):
    """The image whose pixel in row r and column c is that of place(r, c)."""
    return bytes(image[SIDE * y + x] for y, x in (place(r, c) for r in range(SIDE) for c in range(SIDE)))


def brighter(image):
    return bytes(min(255, pixel + 5) if pixel > 100 else pixel for pixel in image)


def planted(kind, train, test):
    """Changes images and labels in place."""
    (images, labels), (test_images, test_labels) = train, test
    if kind == "within":
        images[30], labels[30] = images[3], labels[3]
    elif kind == "labels":
        images[30], labels[30] = images[3], (labels[3] + 1) % 10
    elif kind == "across":
        test_images[40], test_labels[40] = images[4], labels[4]
    elif kind == "near":
        test_images[40], test_labels[40] = brighter(images[4]), labels[4]
    elif kind == "near_labels":
        images[31], labels[31] = brighter(images[4]), (labels[4] + 3) % 10
    elif kind == "gap":
        labels[:] = [label + (label > 3) for label in labels]
        test_labels[:] = [label + (label > 3) for label in test_labels]
    elif kind == "imbalance":
        kept = [i for i, label in enumerate(labels) if label != 6 or i % 5 == 0]
        images[:], labels[:] = [images[i] for i in kept], [labels[i] for i in kept]
    elif kind == "blank":
        images[9], test_images[9] = bytes(SIZE), bytes([90]) * SIZE
    elif kind == "inverted":
        images[8] = bytes(255 - pixel for pixel in images[8])
    elif kind == "transposed":
        for split in (images, test_images):
            split[:] = [moved(image, lambda r, c: (c, r)) for image in split]
    elif kind == "mirrored":
        for split in (images, test_images):
            split[:] = [moved(image, lambda r, c: (r, SIDE - 1 - c)) for image in split]


KINDS = ("clean", "within", "labels", "across", "near", "near_labels", "gap", "imbalance", "blank", "inverted",
         "transposed", "mirrored")
for kind in KINDS:
    train, test = read("train", 400), read("t10k", 200)
    planted(kind, train, test)
    write(kind, train, test)
