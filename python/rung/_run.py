"""Training a recipe into a run's folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _native, data
from ._model import Model, load
from ._progress import ProgressBar
from ._recipe import Recipe, RecipeLike, as_recipe
from ._threads import as_threads


@dataclass(frozen=True)
class Epoch:
    """One epoch of training, after its evaluation. Accuracies are percent, losses means over the images.

    Attributes
    ----------
    epoch : int
        From 1.
    lr : float
        Of its last batch.
    train_loss, train_accuracy : float
        In training mode, while the weights change.
    test_loss, test_accuracy : float
        In evaluation mode, with the weights after the epoch.
    validation_loss, validation_accuracy : float or None
        Likewise; None if the recipe holds no images out.
    seconds : float
        Of training, without the evaluations.
    weights_sha256 : str
        After the epoch.
    """

    epoch: int
    lr: float
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float
    weights_sha256: str
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    def __str__(self) -> str:
        held_out = "" if self.validation_accuracy is None else f", validation {self.validation_accuracy:.2f} %"
        return (
            f"Epoch {self.epoch}: loss {self.train_loss:.4f}, accuracy {self.train_accuracy:.2f} %{held_out}, "
            f"test {self.test_accuracy:.2f} %, {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Run:
    """What `train` leaves.

    Attributes
    ----------
    model : Model
        With the last epoch's weights.
    epochs : list of Epoch
        All that are done, also before the run was resumed.
    finished : bool
        False if a callback ended it; `resume=True` goes on.
    folder : pathlib.Path or None
        That has the run's files (docs/run-directory.md); None if there was to be none.
    """

    model: Model
    epochs: list[Epoch]
    finished: bool
    folder: Path | None

    @property
    def weights_sha256(self) -> str:
        return self.model.weights_sha256


def train(
    recipe: RecipeLike,
    dataset: data.Dataset | None = None,
    *,
    run: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    callbacks: Iterable[Callable[[Epoch], Any]] = (),
    resume: bool = False,
    threads: int | None = None,
    checkpoint_seconds: float = 30,
    verbose: bool = False,
) -> Run:
    """Trains a recipe as `rung train` does: the same bits for the same recipe, data and seed.

    Ctrl-C ends it after the batch, and `resume=True` then goes on from the last checkpoint.

    Parameters
    ----------
    recipe : Recipe, file, name or dict
        Such as "step5".
    dataset : rung.data.Dataset, optional
        What to train on; by default the recipe's, which is loaded as `rung.data.load` does.
    run : str or os.PathLike, optional
        The folder to write the run to, with its report. Without it the run's files are temporary.
    settings : mapping, optional
        Other values for some of the recipe's keys; see `Recipe.with_settings`.
    seed, epochs : int, optional
        In the place of the recipe's.
    callbacks : iterable of callable
        Each is called with every finished `Epoch`, once it is saved. If one returns True the training ends; what one
        raises is raised here.
    resume : bool
        Continue the run in the folder, if it holds one.
    threads : int, optional
        By default one for each core.
    checkpoint_seconds : float
        The longest time between checkpoints within an epoch; 0 for none.
    verbose : bool
        Show a bar, and a line for each epoch.

    Raises
    ------
    UsageError
        The recipe is wrong or does not fit its data, or the folder holds a run (with `resume`: another run).
    IoError, NoSpaceError, DataError, NoMemoryError
        As the names say.
    DivergedError
        The loss is no longer finite.
    """
    wanted = _resolved_options(as_recipe(recipe), settings, seed, epochs)
    files = dataset or data.load(wanted._native.dataset)
    arranged_recipe, images = _native.arrange(wanted._native, files._native)
    count = as_threads(threads)
    with ProgressBar(verbose) as bar, _folder(run) as folder:

        def on_epoch(record: dict[str, Any]) -> bool:
            epoch = Epoch(**record)
            bar.write(str(epoch))
            # All are called, also after one of them has said to end.
            return any([callback(epoch) is True for callback in callbacks])

        finished = _native.train_run(
            arranged_recipe,
            images,
            folder,
            resume,
            count,
            checkpoint_seconds,
            on_epoch,
            bar if verbose else None,
            run is not None,
        )
        done = [Epoch(**record) for record in _native.read_epochs(folder)]
        return Run(load(folder, threads=count), done, finished, None if run is None else Path(run))


def _resolved_options(
    recipe: Recipe, settings: Mapping[str, Any] | None, seed: int | None, epochs: int | None
) -> Recipe:
    if settings:
        recipe = recipe.with_settings(settings)
    if seed is not None:
        recipe = recipe.with_seed(seed)
    return recipe if epochs is None else recipe.with_epochs(epochs)


class _folder:
    """The run's folder, or a temporary one that is removed at the end."""

    def __init__(self, run: str | os.PathLike[str] | None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="rung-") if run is None else None
        self._path = Path(self._temporary.name) / "run" if self._temporary else Path(os.fspath(run or ""))

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        if self._temporary:
            self._temporary.cleanup()
