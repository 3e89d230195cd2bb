"""Arrays of images as Rung's core takes them: uint8, C-contiguous, N x H x W or N x H x W x C."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_pixels(images: Any, what: str = "images") -> np.ndarray:
    """The array as it is if it is right, a contiguous copy if only its memory's order is not.

    Raises
    ------
    TypeError
        Its type is not uint8. Nothing is converted silently: what 0.5 or 300 means as a pixel, only the caller knows.
    ValueError
        It has another number of dimensions.
    """
    array = np.asarray(images)
    if array.dtype != np.uint8:
        raise TypeError(
            f"{what} must be uint8 from 0 to 255, found {array.dtype}; rung.Classifier scales arrays of other types"
        )
    if array.ndim not in (3, 4):
        raise ValueError(
            f"{what} must be N x height x width, or N x height x width x channels, found "
            f"{' x '.join(map(str, array.shape)) or 'a number'}"
        )
    return np.ascontiguousarray(array)


def shape_of(images: np.ndarray) -> tuple[int, int, int]:
    """Channels, height and width of the images in an array that `as_pixels` returned."""
    return (images.shape[3] if images.ndim == 4 else 1, images.shape[1], images.shape[2])
