#!/usr/bin/env python3
"""Writes the same images as pictures, a table and arrays: make_sources.py <folder of IDX files> <how many>. The expected
IDX files are in expected/, sorted by class as the folders of the pictures are."""
import csv
import gzip
import pathlib
import sys

import numpy as np
from PIL import Image

source, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])


def read(name, header):
    for path in (source / name, source / (name + ".gz")):
        if path.exists():
            data = path.read_bytes()
            return np.frombuffer(gzip.decompress(data) if path.suffix == ".gz" else data, np.uint8)[header:]
    raise SystemExit(f"{source} lacks {name}")


def write_idx(path, array):
    path.parent.mkdir(exist_ok=True)
    header = np.array([0x800 + array.ndim, *array.shape], ">u4")
    path.write_bytes(header.tobytes() + array.tobytes())


arrays = {}
for split, name in (("train", "train"), ("test", "t10k")):
    images = read(f"{name}-images-idx3-ubyte", 16).reshape(-1, 28, 28)[:count]
    labels = read(f"{name}-labels-idx1-ubyte", 8)[:count]
    order = np.argsort(labels, kind="stable")
    images, labels = images[order], labels[order]
    arrays[split] = images, labels
    write_idx(pathlib.Path("expected") / f"{name}-images-idx3-ubyte", images)
    write_idx(pathlib.Path("expected") / f"{name}-labels-idx1-ubyte", labels)
    for i, (image, label) in enumerate(zip(images, labels)):
        folder = pathlib.Path("pictures") / split / f"class{label}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{i}.png")
    pathlib.Path("table").mkdir(exist_ok=True)
    with open(f"table/mnist_{split}.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["label"] + [f"{i + 1}x{j + 1}" for i in range(28) for j in range(28)])
        rows.writerows([int(label), *image.reshape(-1).tolist()] for image, label in zip(images, labels))

(x, y), (x_test, y_test) = arrays["train"], arrays["test"]
np.savez_compressed("keras.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
# Fractions, big-endian, in Fortran order.
fractions = [np.asfortranarray((a / 255).astype(">f4")) for a in (x, x_test)]
np.savez("medmnist.npz", train_images=fractions[0], train_labels=y.reshape(-1, 1).astype(np.int64),
         test_images=fractions[1], test_labels=y_test.reshape(-1, 1).astype(np.int64))
pathlib.Path("npy").mkdir(exist_ok=True)
for name, array in (("x_train", x.astype(np.uint16) * 257), ("y_train", y), ("x_test", x_test.astype(np.uint16) * 257),
                    ("y_test", y_test)):
    np.save(f"npy/{name}.npy", array)
