"""Makes images of 32 x 32 pixels in three colours of equal grey, as PNG files in class folders, as arrays with the channels
last and first, and as CIFAR-10's records; and a few grey pictures."""
import pathlib

import numpy as np
from PIL import Image

CLASSES = {"blue": (40, 60, 250), "green": (40, 102, 40), "red": (211, 20, 30)}


def images(count, random):
    labels = np.arange(count) % len(CLASSES)
    pixels = random.integers(0, 60, (count, 32, 32, 3))
    for image, label in zip(pixels, labels):
        top, left = random.integers(0, 16, 2)
        image[top:top + 16, left:left + 16] = list(CLASSES.values())[label] + random.integers(-5, 5, (16, 16, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8), labels


def sorted_by_class(pixels, labels):
    order = np.argsort(labels, kind="stable")
    return pixels[order], labels[order]


def records(pixels, labels):
    planes = pixels.transpose(0, 3, 1, 2).reshape(len(pixels), -1)
    return np.concatenate([labels[:, None].astype(np.uint8), planes], axis=1).tobytes()


random = np.random.default_rng(5)
sets = {part: sorted_by_class(*images(count, random)) for part, count in (("train", 90), ("test", 30))}
for part, (pixels, labels) in sets.items():
    for name in CLASSES:
        folder = pathlib.Path("pictures", part, name)
        folder.mkdir(parents=True)
        for number, image in enumerate(pixels[labels == list(CLASSES).index(name)]):
            Image.fromarray(image).save(folder / f"{number}.png")
            if number < 2:
                grey = pathlib.Path("grey-pictures", part, name)
                grey.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).convert("L").save(grey / f"{number}.png")
names = np.array(list(CLASSES))
for file, order in (("last.npz", (0, 1, 2, 3)), ("first.npz", (0, 3, 1, 2))):
    np.savez(file, **{f"{kind}_{part}": array for part, (pixels, labels) in sets.items()
                      for kind, array in (("x", pixels.transpose(order)), ("y", labels))})
pathlib.Path("records").mkdir()
pathlib.Path("records/data_batch_1.bin").write_bytes(records(*sets["train"]))
pathlib.Path("records/test_batch.bin").write_bytes(records(*sets["test"]))
