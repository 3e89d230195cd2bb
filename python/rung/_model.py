"""A trained model: to classify with, to save, and to take elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _native
from ._errors import UsageError
from ._images import as_pixels
from ._recipe import Recipe, RecipeLike, as_recipe
from ._threads import as_threads

if TYPE_CHECKING:
    import torch

    from .data import Dataset

_FLOAT_BITS = 32  # of a C project's weights


class Model:
    """A trained model. Threads may share it, and so may processes: it pickles, and survives a fork.

    Images are arrays of uint8, N x height x width for one channel or N x height x width x channels, from 0 to 255 as in
    the files that the model was trained on. Do not normalise them: the model does. Where they are C-contiguous and of
    one channel they are not copied. The results are the same bits for any number of threads and images at once.
    """

    def __init__(self, native: _native.Model) -> None:
        self._native = native

    @classmethod
    def from_state_dict(
        cls, recipe: RecipeLike, arrays: Mapping[str, np.ndarray], *, threads: int | None = None
    ) -> Model:
        """A model with the weights given.

        Parameters
        ----------
        recipe : Recipe, file, name or dict
            Whose model it is; its dataset must say `mean` and `std` as numbers.
        arrays : mapping of str to array of float32
            Named and shaped as in `state_dict()`.
        threads : int, optional
            By default one for each core.

        Raises
        ------
        UsageError
            An array is missing, left over, or of another shape.
        """
        contiguous = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}
        return cls(_native.Model.from_state_dict(as_recipe(recipe)._native, contiguous, as_threads(threads)))

    def predict_logits(self, images: Any) -> np.ndarray:
        """The last layer's outputs, float32 of N x classes, as PyTorch's `model(x)` in evaluation mode.

        Raises
        ------
        TypeError, ValueError
            The images are not uint8, or not of the model's size.
        """
        try:
            return self._native.logits(images)
        except TypeError:
            return self._native.logits(as_pixels(images))

    def predict_proba(self, images: Any) -> np.ndarray:
        """The softmax of the outputs, float32 of N x classes."""
        try:
            return self._native.probabilities(images)
        except TypeError:
            return self._native.probabilities(as_pixels(images))

    def predict(self, images: Any) -> np.ndarray:
        """The class of each image, int64 of N: that of the largest output, the first of equal ones."""
        return self.predict_logits(images).argmax(axis=1)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Weights and batch norm's statistics, float32, under the names that torch.nn.Sequential gives them."""
        return self._native.state_dict()

    def to_bytes(self) -> bytes:
        """The model as one safetensors file, with its recipe in the metadata; `rung.load` reads it."""
        return self._native.to_bytes()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes `to_bytes()` to a file."""
        Path(path).write_bytes(self.to_bytes())

    def export_onnx(
        self, path: str | os.PathLike[str], *, raw_input: bool = False, keep_batch_norm: bool = False
    ) -> None:
        """Writes an ONNX file, as `rung export onnx` does (docs/export.md).

        Parameters
        ----------
        path : str or os.PathLike
        raw_input : bool
            The input is pixels as uint8, which the model normalises, instead of normalised float32.
        keep_batch_norm : bool
            Batch norms stay operators of their own, where a convolution could take them in.
        """
        Path(path).write_bytes(self._native.to_onnx(raw_input, keep_batch_norm, _native.__version__))

    def export_c(
        self,
        folder: str | os.PathLike[str],
        dataset: Dataset,
        *,
        name: str = "model",
        weight_bits: int | None = None,
        use_float: bool = False,
    ) -> None:
        """Writes C99 source with a test and a Makefile, as `rung export c` does (docs/export.md).

        Parameters
        ----------
        folder : str or os.PathLike
            Created if need be.
        dataset : rung.data.Dataset
            Its training images give the ranges of the integers, its test images the test and the accuracies.
        name : str
            A C identifier, which files and functions begin with.
        weight_bits : {8, 4, 2}, optional
            By default what the recipe trained for, which is 8 unless it says otherwise.
        use_float : bool
            In float32 instead of integers.
        """
        if not name.isidentifier() or not name.isascii():
            raise UsageError(f"{name!r} is not a C identifier")
        bits = _FLOAT_BITS if use_float else weight_bits or self._native.weight_bits
        if not use_float and bits not in (8, 4, 2):
            raise UsageError(f"weight_bits must be 8, 4 or 2, found {bits}")
        sources = self._native.to_c(dataset._native, name, bits)
        for file, text in sources.items():
            path = Path(folder) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def to_torch(self) -> torch.nn.Module:
        """The model as a PyTorch module with the same weights and outputs; see `rung._torch.to_torch`."""
        from ._torch import to_torch

        return to_torch(self)

    @property
    def recipe(self) -> Recipe:
        """What it was trained by, as resolved."""
        return Recipe(self._native.recipe)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the images that it takes."""
        return self._native.recipe.input_shape

    @property
    def classes(self) -> int:
        return self._native.recipe.classes

    @property
    def params(self) -> int:
        """Trainable parameters."""
        return self._native.recipe.params

    @property
    def weights_sha256(self) -> str:
        """Over all weights: models with the same hash have the same bits. A run's result.json has it, too."""
        return self._native.weights_sha256

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.input_shape))
        return f"<rung.Model {self.recipe.name!r}: {shape} images, {self.classes} classes, {self.params:,} parameters>"


def load(path: str | os.PathLike[str], *, best: bool = False, threads: int | None = None) -> Model:
    """A trained model.

    Parameters
    ----------
    path : str or os.PathLike
        The folder of a run, finished or not, or a file that `Model.save` wrote.
    best : bool
        Of a run: the weights of the epoch with the best validation accuracy (test accuracy without a validation split)
        instead of the newest.
    threads : int, optional
        That it computes with; by default one for each core.

    Raises
    ------
    UsageError
        The folder holds no run.
    IoError
        A file cannot be read, or the run has saved no weights yet.
    DataError
        A file is damaged, or not a model.
    """
    if os.path.isfile(path):
        return Model(_native.Model.from_bytes(Path(path).read_bytes(), os.fspath(path), as_threads(threads)))
    return Model(_native.Model.load(path, best, as_threads(threads)))


def _from_bytes(content: bytes) -> Model:
    return Model(_native.Model.from_bytes(content, "the model's bytes", as_threads(None)))
