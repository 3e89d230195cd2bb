"""Rung trains very small image classifiers on a CPU, with the same bits on any number of threads.

What most programs need:

- `Classifier`: a scikit-learn estimator, `fit(X, y)` and `predict(X)` on arrays of images;
- `train(recipe)`: a recipe trained as `rung train` does it, into a run's folder, with a callback for each epoch;
- `load(run)`: the trained model in that folder, a `Model`, to classify with, to export, or as a `torch.nn.Module`;
- `Recipe`, `sweep`, `data` and `from_torch` for the rest.

Importing the package loads nothing but its own small files; NumPy, scikit-learn and PyTorch come in where a name that
needs them is used first.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import data as data
    from ._classifier import Classifier as Classifier
    from ._errors import DataError as DataError
    from ._errors import DivergedError as DivergedError
    from ._errors import Error as Error
    from ._errors import IoError as IoError
    from ._errors import NoMemoryError as NoMemoryError
    from ._errors import NoSpaceError as NoSpaceError
    from ._errors import UnsupportedModule as UnsupportedModule
    from ._errors import UsageError as UsageError
    from ._model import Model as Model
    from ._model import load as load
    from ._native import __version__ as __version__
    from ._recipe import Recipe as Recipe
    from ._recipe import recipe_names as recipe_names
    from ._run import Epoch as Epoch
    from ._run import Run as Run
    from ._run import train as train
    from ._sweep import Sweep as Sweep
    from ._sweep import sweep as sweep
    from ._torch import from_torch as from_torch

# Which file of the package each public name is from.
_HOMES = {
    "Classifier": "_classifier",
    "DataError": "_errors",
    "DivergedError": "_errors",
    "Epoch": "_run",
    "Error": "_errors",
    "IoError": "_errors",
    "Model": "_model",
    "NoMemoryError": "_errors",
    "NoSpaceError": "_errors",
    "Recipe": "_recipe",
    "Run": "_run",
    "Sweep": "_sweep",
    "UnsupportedModule": "_errors",
    "UsageError": "_errors",
    "__version__": "_native",
    "from_torch": "_torch",
    "load": "_model",
    "recipe_names": "_recipe",
    "sweep": "_sweep",
    "train": "_run",
}

__all__ = sorted([*_HOMES, "data"])


def __getattr__(name: str) -> Any:
    if name == "data":
        return import_module(".data", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("." + _HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
