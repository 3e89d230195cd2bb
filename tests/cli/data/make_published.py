#!/usr/bin/env python3
"""Writes the same images as data sets are published: make_published.py <folder of MNIST's IDX files> <how many>. What the
arrays themselves are goes as IDX files into grey/ and colour/, and what JPEG keeps of the colours into jpeg-colour/."""
import gzip
import pathlib
import sys

import numpy as np
from PIL import Image

source, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
SIDE = 32  # of the images in colour


def write(path, data):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def idx(array, kind=8):
    return np.array([kind << 8 | array.ndim, *array.shape], ">u4").tobytes() + array.tobytes()


def write_arrays(folder, sets):
    for part, (x, y) in sets.items():
        write(f"{folder}/{part}-images-idx{x.ndim}-ubyte", idx(x))
        write(f"{folder}/{part}-labels-idx1-ubyte", idx(y.astype(np.uint8)))


def write_pictures(folder, sets, ending, **options):
    for part, (x, y) in sets.items():
        for number, (image, label) in enumerate(zip(x, y)):
            path = pathlib.Path(folder, "train" if part == "train" else "test", str(label), f"{number:05}.{ending}")
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path, **options)


def mnist(part):
    images = np.frombuffer((source / f"{part}-images-idx3-ubyte").read_bytes(), np.uint8)[16:].reshape(-1, 28, 28)[:count]
    labels = np.frombuffer((source / f"{part}-labels-idx1-ubyte").read_bytes(), np.uint8)[8:8 + count]
    order = np.argsort(labels, kind="stable")  # as pictures in class folders lie
    return images[order], labels[order]


# Grey: pictures, Kaggle's table, MedMNIST's arrays, EMNIST's and QMNIST's IDX files.
grey = {part: mnist(part) for part in ("train", "t10k")}
(x, y), (x_test, y_test) = grey.values()
write_arrays("grey", grey)
write_pictures("png", grey, "png")
header = "label," + ",".join(f"pixel{i}" for i in range(784))
for name, (images, labels) in zip(("mnist_train", "mnist_test"), grey.values()):
    pathlib.Path("kaggle").mkdir(exist_ok=True)
    rows = np.concatenate([labels[:, None], images.reshape(-1, 784)], axis=1)
    np.savetxt(f"kaggle/{name}.csv", rows, "%d", ",", header=header, comments="")
held_out = len(x) // 5
np.savez_compressed("medmnist.npz", train_images=x[:-held_out], train_labels=y[:-held_out, None], val_images=x[-held_out:],
                    val_labels=y[-held_out:, None], test_images=x_test, test_labels=y_test[:, None])
for part, (images, labels) in zip(("train", "test"), grey.values()):
    write(f"emnist/emnist-letters-{part}-images-idx3-ubyte.gz", idx(np.ascontiguousarray(images.transpose(0, 2, 1))))
    write(f"emnist/emnist-letters-{part}-labels-idx1-ubyte.gz", idx(labels + np.uint8(1)))
    rows = np.zeros((len(labels), 8), ">i4")  # the class, where it comes from, who wrote it, ...
    rows[:, 0], rows[:, 2] = labels, np.arange(len(labels))
    write(f"qmnist/qmnist-{part}-images-idx3-ubyte.gz", idx(images))
    write(f"qmnist/qmnist-{part}-labels-idx2-int.gz", idx(rows, 12))

# In colour: JPEG pictures, and CIFAR-10's records.
random = np.random.default_rng(3)


def coloured(images):
    paper = random.integers(0, 80, (len(images), 1, 1, 3))
    ink = random.integers(120, 256, (len(images), 1, 1, 3))
    large = np.pad(images, ((0, 0), (2, 2), (2, 2)))[..., None] / 255
    return np.rint(paper + (ink - paper) * large).astype(np.uint8)


colour = {part: (coloured(images), labels) for part, (images, labels) in grey.items()}
write_arrays("colour", colour)
write_pictures("jpeg", colour, "jpg", quality=90)
decoded = {part: (np.stack([np.asarray(Image.open(path)) for path in sorted(pathlib.Path("jpeg", folder).glob("*/*.jpg"))]),
                  colour[part][1]) for part, folder in (("train", "train"), ("t10k", "test"))}
write_arrays("jpeg-colour", decoded)


def records(images, labels):
    return np.concatenate([labels[:, None], images.transpose(0, 3, 1, 2).reshape(len(images), -1)], axis=1).tobytes()


for number, some in enumerate(np.array_split(np.arange(len(y)), 5), 1):
    write(f"cifar/data_batch_{number}.bin", records(colour["train"][0][some], y[some]))
write("cifar/test_batch.bin", records(*colour["t10k"]))
write("cifar/batches.meta.txt", "".join(f"{name}\n" for name in "zero one two three four five six seven eight nine".split()).encode())
