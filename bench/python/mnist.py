"""Reads MNIST from the IDX files that `rung data fetch mnist` leaves, the same way for every contender."""

from pathlib import Path

import numpy as np


def load(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [N,28,28] and labels [N], both uint8; `part` is train or t10k."""
    return read_idx(folder / f"{part}-images-idx3-ubyte"), read_idx(folder / f"{part}-labels-idx1-ubyte")


def read_idx(file: Path) -> np.ndarray:
    """Byte 3 is the number of dimensions; their lengths follow, then the values."""
    data = np.fromfile(file, np.uint8)
    end_of_header = 4 + 4 * int(data[3])
    return data[end_of_header:].reshape(data[4:end_of_header].view(">u4"))


def flat(images: np.ndarray) -> np.ndarray:
    """[N,28,28] to [N,784]."""
    return images.reshape(len(images), -1)


def scaled(images: np.ndarray) -> np.ndarray:
    """Bytes to float32 from 0 to 1."""
    return images.astype(np.float32) / 255
