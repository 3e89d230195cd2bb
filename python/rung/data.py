"""Labelled images: Rung's datasets, arrays of one's own, and how training varies them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import _native
from ._images import as_pixels, shape_of
from ._recipe import ARRAYS, Recipe

__all__ = ["Dataset", "augment", "load"]

_MOST_CLASSES = 256


class Dataset:
    """Images to train and to test on, in memory. It never changes.

    Attributes
    ----------
    name : str
    classes : int
        How many there are; labels are below it.
    class_names : list of str
        Empty where the classes are numbers.
    train_images, test_images : ndarray of uint8, N x height x width or N x height x width x 3
        A new copy each time.
    train_labels, test_labels : ndarray of uint8, N
    """

    def __init__(self, native: _native.Dataset) -> None:
        self._native = native

    @classmethod
    def from_arrays(
        cls,
        images: Any,
        labels: Any,
        test_images: Any = None,
        test_labels: Any = None,
        *,
        name: str = ARRAYS,
        class_names: Sequence[str] = (),
        sample_weight: Any = None,
    ) -> Dataset:
        """A dataset of one's own arrays.

        Parameters
        ----------
        images, test_images : array of uint8, N x height x width or N x height x width x channels
        labels, test_labels : array of int, N
            From 0 to 255.
        name : str
            What messages and records call it; like the path of a folder, it has a slash.
        class_names : sequence of str, optional
            In the order of the labels.
        sample_weight : array of float, N, optional
            How much each training image counts in the loss.

        Raises
        ------
        TypeError, ValueError
            The arrays are not of these types and shapes, or do not fit each other.
        """
        if "/" not in name:
            raise ValueError(f"the name of a dataset of arrays must have a slash, such as ./{name}")
        if (test_images is None) != (test_labels is None):
            raise ValueError("test images and their labels belong together: give both or neither")
        train_labels = as_labels(labels)
        tests = None if test_labels is None else as_labels(test_labels)
        present = [part for part in (train_labels, tests) if part is not None and len(part)]
        classes = max([int(part.max()) + 1 for part in present] + [len(class_names)], default=0)
        return cls(
            _native.Dataset.from_arrays(
                name,
                classes,
                list(class_names),
                as_pixels(images),
                train_labels,
                None if test_images is None else as_pixels(test_images, "test_images"),
                tests,
                None if sample_weight is None else np.ascontiguousarray(sample_weight, dtype=np.float32),
            )
        )

    name = property(lambda self: self._native.name)
    classes = property(lambda self: self._native.classes)
    class_names = property(lambda self: self._native.class_names)
    train_images = property(lambda self: self._native.train_images)
    train_labels = property(lambda self: self._native.train_labels)
    test_images = property(lambda self: self._native.test_images)
    test_labels = property(lambda self: self._native.test_labels)

    def sha256(self) -> str:
        """Over sizes, images and labels: equal for equal data, and recorded in every run."""
        return self._native.sha256()

    def __repr__(self) -> str:
        return (
            f"<rung.data.Dataset {self.name!r}: {self._native.train_count:,} training images, "
            f"{self._native.test_count:,} test images, {self.classes} classes>"
        )


def load(name: str, folder: str | os.PathLike[str] | None = None) -> Dataset:
    """A dataset from files that are on this machine.

    Parameters
    ----------
    name : str
        A dataset that `rung data list` names, such as "mnist", or the folder of one's own, with a slash in it.
    folder : str or os.PathLike, optional
        The folder of the datasets; by default $RUNG_DATA, or ./data.

    Raises
    ------
    UsageError
        There is no such dataset.
    IoError
        Its files are not there: `rung data fetch` downloads them, `rung data import` makes them from images.
    DataError
        They are damaged.
    """
    return Dataset(_native.Dataset.load(name, None if folder is None else os.fspath(folder)))


def augment(images: Any, transforms: Sequence[Mapping[str, Any]], *, seed: int = 1, epoch: int = 0) -> np.ndarray:
    """Images as training sees them in one epoch: varied at random, as a recipe's `[[augment]]` says.

    Parameters
    ----------
    images : array of uint8, N x height x width or N x height x width x channels
    transforms : sequence of dict
        Each with `type` and the options of docs/recipes.md, such as `{"type": "random_rotation", "degrees": 10}`.
    seed, epoch : int
        Image i is varied as training does it for image i of its dataset with this seed, in this epoch, from 0. What
        random_erasing leaves is shown as a pixel, of normalisation by the mean and standard deviation of `images`.

    Returns
    -------
    ndarray of uint8, of the same shape
    """
    pixels = as_pixels(images)
    recipe = Recipe.from_dict(
        {
            "title": "Images that are varied",
            "dataset": {"name": ARRAYS, **_moments(pixels)},
            "augment": [dict(transform) for transform in transforms],
            "model": {
                "input": list(shape_of(pixels)),
                "classes": 2,
                "layers": [{"type": "flatten"}, {"type": "linear", "out_features": 2}],
            },
            "training": {"epochs": 1, "batch_size": 1},
            "optimizer": {"type": "sgd", "lr": 0.1},
        },
        "transforms",
    )
    return _native.augmented(recipe._native, pixels, seed, epoch).reshape(pixels.shape)


def _moments(pixels: np.ndarray) -> dict[str, float]:
    """A recipe's `mean` and `std` of the images; of none, any."""
    if not pixels.size:
        return {"mean": 0.5, "std": 0.25}
    return {"mean": float(pixels.mean() / 255), "std": max(float(pixels.std() / 255), 1e-6)}


def as_labels(labels: Any) -> np.ndarray:
    """Labels from 0 to 255 as uint8. Raises TypeError for other types than integers, ValueError for other numbers."""
    array = np.asarray(labels)
    if array.ndim != 1:
        raise ValueError(f"labels must have one dimension, found {array.ndim}")
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"labels must be integers, found {array.dtype}; rung.Classifier takes labels of any type")
    if len(array) and not 0 <= array.min() <= array.max() < _MOST_CLASSES:
        raise ValueError(f"labels must be from 0 to {_MOST_CLASSES - 1}, found {array.min()} to {array.max()}")
    return np.ascontiguousarray(array, dtype=np.uint8)
