"""`rung.Classifier`: small convolutional networks as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_n_features, _check_sample_weight, check_is_fitted, validate_data

from . import _native
from ._auto import auto_recipe
from ._model import Model
from ._progress import ProgressBar
from ._recipe import ARRAYS, Recipe, RecipeLike, as_recipe
from ._threads import as_threads

_MOST_CLASSES = 256
_LEAST_SQUARE = 8  # the side of the smallest square image that flat arrays are taken for
_MOST_EPOCHS = 100_000  # that a recipe can have


class Classifier(ClassifierMixin, BaseEstimator):
    """A small network that classifies images, trained on the CPU.

    It takes arrays of images, N x height x width or N x height x width x channels (1 or 3), or flat ones, N x features.
    Pixels have 8 bits inside: uint8, and other integers from 0 to 255, are taken as they are; other numbers are scaled
    linearly, so that the least and the greatest of the first `fit` become 0 and 255. Where all numbers of another type
    than uint8 lie from 0 to 1, 0 and 1 become these. The same data, parameters and seed give the same bits on any
    number of threads and any machine with AVX2 or AVX-512.

    Parameters
    ----------
    model : "auto", or Recipe, file, name or dict, default="auto"
        The network and how it is trained. "auto" writes a recipe for the shape and number of the images, as `rung new`
        does. Of a recipe the dataset's name, its targets and its validation split have no meaning here.
    max_params : int, default=10_000
        The most trainable parameters that "auto" may use.
    epochs : int, optional
        In the place of the recipe's.
    settings : dict, optional
        Other values for some of the recipe's keys, such as `{"optimizer.lr": 0.02}`; see `Recipe.with_settings`.
    image_shape : tuple of 2 or 3 int, optional
        Height, width and channels of the images in flat arrays. Without it a square number of features from 64 up is a
        square image, and any other a single row.
    class_weight : dict or "balanced", optional
        As in scikit-learn: how much each class counts in the loss.
    random_state : int or RandomState, optional
        The seed. None is the recipe's own, so that two calls of `fit` give the same bits.
    n_jobs : int, optional
        Threads. None is one for each core, or $OMP_NUM_THREADS where that is less, as in the workers of joblib and
        Dask; -1 is all cores.
    warm_start : bool, default=False
        `fit` goes on from the weights of the last one.
    early_stopping : bool, default=False
        Hold out a share of the images, end when their accuracy has not risen for `n_iter_no_change` epochs, and keep
        the best epoch's weights.
    validation_fraction : float, default=0.1
        That share.
    n_iter_no_change : int, default=5
    tol : float, default=1e-4
        By how much, from 0 to 1, the accuracy must rise.
    callbacks : iterable of callable, optional
        Each is called after every epoch with the dictionary that `history_` keeps, when the classifier already predicts
        with that epoch's weights; one that returns True ends `fit`.
    verbose : bool or int, default=0
        Show a bar.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted.
    model_ : Model
        The trained model. Its classes are indices of `classes_`.
    recipe_ : Recipe
        What it was trained by, as resolved.
    history_ : list of dict
        For each epoch `epoch`, `lr`, `train_loss`, `train_accuracy` (percent), `seconds`; with early stopping
        `validation_loss` and `validation_accuracy`.
    n_iter_ : int
        How many epochs were trained.
    best_validation_score_ : float
        With early stopping, from 0 to 1.
    image_shape_ : tuple of int
        Channels, height and width.
    pixel_range_ : tuple of float
        What became 0 and 255.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> import rung
    >>> X, y = load_digits(return_X_y=True)
    >>> rung.Classifier().fit(X[:1500], y[:1500]).score(X[1500:], y[1500:]) > 0.9
    True
    """

    def __init__(
        self,
        model: RecipeLike = "auto",
        *,
        max_params: int = 10_000,
        epochs: int | None = None,
        settings: Mapping[str, Any] | None = None,
        image_shape: tuple[int, ...] | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        tol: float = 1e-4,
        callbacks: Iterable[Callable[[dict[str, Any]], Any]] | None = None,
        verbose: bool | int = 0,
    ) -> None:
        self.model = model
        self.max_params = max_params
        self.epochs = epochs
        self.settings = settings
        self.image_shape = image_shape
        self.class_weight = class_weight
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.callbacks = callbacks
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Classifier:
        """Trains the network.

        Parameters
        ----------
        X : array, N x height x width, N x height x width x channels, or N x features
        y : array, N
            Labels of any type; at most 256 different ones.
        sample_weight : array of float, N, optional
            How much each image counts in the loss, relative to the others.

        Raises
        ------
        ValueError, TypeError
            The arrays are not of these shapes and types, hold NaN or infinity, no image, or a single class; or a
            recipe is wrong or for another shape.
        rung.DivergedError
            The loss is no longer finite.
        """
        continues = self.warm_start and hasattr(self, "model_")
        if not continues:
            vars(self).pop("model_", None)  # (Should this call fail, no model of other classes is left.)
        arrays = self._training_arrays(X, y, sample_weight, first=not continues)
        dataset = self._held_out(*arrays) if self.early_stopping else self._dataset(*arrays)
        recipe = self._recipe(dataset, continues)
        training = _native.Training(recipe._native, dataset, as_threads(self.n_jobs))
        if continues:
            training.restore(self._state, False)
        self.history_ = []
        self._keep(training, self._trained(training, recipe.epochs))
        self._is_partial = False
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Classifier:
        """Trains one epoch on these images, with the same learning rate in every call.

        It is the optimiser's own; of a schedule that sets the rate itself, as that of "auto" does, a tenth of its
        largest, with a momentum of 0.9.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array, optional
            All labels that any call will have; needed in the first one, unless `y` has them all.
        """
        continues = hasattr(self, "model_")
        arrays = self._training_arrays(X, y, sample_weight, first=not continues, classes=classes)
        dataset = self._dataset(*arrays)
        recipe = _without_schedule(self._recipe(dataset, continues))
        training = _native.Training(recipe._native, dataset, as_threads(self.n_jobs))
        training.hold_rates()
        if continues:
            training.restore(self._state, self._is_partial)
        else:
            self.history_ = []
        self.history_.append(training.train_epoch(None))
        self._keep(training, training.state())
        self._is_partial = True
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The label of each image."""
        check_is_fitted(self, "model_")
        return self.classes_[self.model_.predict(self._pixels(X))]

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, N x classes, in the order of `classes_`."""
        check_is_fitted(self, "model_")
        return self.model_.predict_proba(self._pixels(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Its logarithm."""
        return np.log(self.predict_proba(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """The network's outputs before the softmax, N x classes; of two classes their difference, N."""
        check_is_fitted(self, "model_")
        logits = self.model_.predict_logits(self._pixels(X))
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    # What a call of fit or partial_fit learns from its arrays, the first or any other.

    def _training_arrays(
        self, X: Any, y: Any, sample_weight: Any, *, first: bool, classes: Any = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        X, y = validate_data(self, X, y, reset=first, ensure_2d=False, allow_nd=True)
        _require_dimensions(X)
        check_classification_targets(y)
        _check_n_features(self, X.reshape(len(X), -1), reset=first)
        if first:
            self._learn_classes(y if classes is None else classes)
            self.image_shape_ = self._image_shape(X)
            self.pixel_range_ = _pixel_range(X)
        codes = self._codes(y)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        if self.class_weight is not None:
            by_class = compute_sample_weight(self.class_weight, y)
            weights = by_class if weights is None else weights * by_class
        return self._scaled(X), codes, weights

    def _learn_classes(self, labels: Any) -> None:
        self.classes_ = LabelEncoder().fit(labels).classes_
        if len(self.classes_) < 2:
            raise ValueError(f"a classifier needs at least two classes, found one class: {self.classes_[0]!r}")
        if len(self.classes_) > _MOST_CLASSES:
            raise ValueError(f"at most {_MOST_CLASSES} classes are possible, found {len(self.classes_)}")

    def _codes(self, y: np.ndarray) -> np.ndarray:
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"labels that were not among the classes of the first call: {unknown[:5]}")
        return np.searchsorted(self.classes_, y).astype(np.uint8)

    def _image_shape(self, X: np.ndarray) -> tuple[int, int, int]:
        if X.ndim == 3:
            return (1, *X.shape[1:])
        if X.ndim == 4:
            if X.shape[3] not in (1, 3):
                raise ValueError(
                    f"images must be N x height x width x channels with 1 or 3 channels, found {X.shape[3]}; of arrays "
                    "with the channels first, np.moveaxis(X, 1, -1) is such an array"
                )
            return (X.shape[3], X.shape[1], X.shape[2])
        return self._flat_shape(X.shape[1])

    def _flat_shape(self, features: int) -> tuple[int, int, int]:
        if self.image_shape is None:
            side = round(features**0.5)
            return (1, side, side) if side >= _LEAST_SQUARE and side * side == features else (1, 1, features)
        height, width, channels = (*self.image_shape, 1)[:3]
        if height * width * channels != features:
            raise ValueError(f"image_shape {tuple(self.image_shape)} is not that of {features} features")
        return (channels, height, width)

    # Pixels.

    def _pixels(self, X: Any) -> np.ndarray:
        X = validate_data(self, X, reset=False, ensure_2d=False, allow_nd=True)
        _require_dimensions(X)
        return self._scaled(X)

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        """The images as uint8, N x height x width or N x height x width x 3."""
        channels, height, width = self.image_shape_
        if X.ndim > 2 and X.shape[1:] not in ((height, width), (height, width, channels)):
            raise ValueError(
                f"images of {' x '.join(map(str, X.shape[1:]))}, but the classifier was fitted to {height} x {width} "
                f"with {channels} channel{'s' if channels > 1 else ''}"
            )
        _check_n_features(self, X.reshape(len(X), -1), reset=False)
        shape = (len(X), height, width, channels) if channels > 1 else (len(X), height, width)
        return np.ascontiguousarray(_to_bytes(X, self.pixel_range_)).reshape(shape)

    # Recipe and data.

    def _recipe(self, dataset: _native.Dataset, continues: bool) -> Recipe:
        if isinstance(self.model, str) and self.model == "auto":
            recipe = auto_recipe(dataset, self.image_shape_, self.max_params)
        else:
            recipe = as_recipe(self.model)
        if self.settings:
            recipe = recipe.with_settings(self.settings)
        recipe = Recipe(recipe._native.on_all_images())
        if recipe.classes != len(self.classes_):
            raise ValueError(f"the recipe is for {recipe.classes} classes, but there are {len(self.classes_)}")
        if self.random_state is not None:
            recipe = recipe.with_seed(self._seed())
        if self.epochs is not None:
            recipe = recipe.with_epochs(self.epochs)
        # What continues stays normalised as it began.
        return recipe.with_settings(self._normalisation()) if continues else recipe

    def _normalisation(self) -> dict[str, Any]:
        dataset = self.recipe_.to_dict()["dataset"]
        return {f"dataset.{key}": dataset[key] for key in ("mean", "std")}

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _dataset(
        self, images: np.ndarray, codes: np.ndarray, weights: np.ndarray | None, tests: tuple = (None, None)
    ) -> _native.Dataset:
        weights = None if weights is None else weights.astype(np.float32)
        return _native.Dataset.from_arrays(ARRAYS, len(self.classes_), [], images, codes, *tests, weights)

    def _held_out(self, images: np.ndarray, codes: np.ndarray, weights: np.ndarray | None) -> _native.Dataset:
        """The dataset with a stratified share of the images as its test images."""
        kept, held_out = train_test_split(
            np.arange(len(codes)), test_size=self.validation_fraction, stratify=codes, random_state=self._split_seed()
        )
        kept.sort()
        return self._dataset(
            images[kept], codes[kept], None if weights is None else weights[kept], (images[held_out], codes[held_out])
        )

    def _split_seed(self) -> int:
        return 0 if self.random_state is None else self._seed() % (1 << 32)

    # Training.

    def _trained(self, training: _native.Training, epochs: int) -> dict[str, Any]:
        """Trains, and returns the state to keep: the last, or with early stopping the best."""
        callbacks = list(self.callbacks or ())
        best, best_state, since_best = -np.inf, None, 0
        with ProgressBar(bool(self.verbose)) as bar:
            for _ in range(epochs):
                record = training.train_epoch(bar if self.verbose else None)
                self.history_.append(record)
                if self.early_stopping:
                    record["validation_loss"], record["validation_accuracy"] = training.evaluate()
                    score = record["validation_accuracy"] / 100
                    since_best = 0 if score > best + self.tol else since_best + 1
                    if score > best:
                        best, best_state = score, training.state()
                bar.write(", ".join(f"{key} {value:.5g}" for key, value in record.items()))
                if callbacks:
                    self._show(training)
                if any([callback(record) is True for callback in callbacks]):
                    break
                if self.early_stopping and since_best >= self.n_iter_no_change:
                    break
        if best_state is None:
            return training.state()
        self.best_validation_score_ = best
        training.restore(best_state, True)
        return best_state

    def _keep(self, training: _native.Training, state: dict[str, Any]) -> None:
        self._state = state
        self._show(training)

    def _show(self, training: _native.Training) -> None:
        self.model_ = Model(training.model())
        self.recipe_ = Recipe(training.recipe)
        self.n_iter_ = len(self.history_)


def _require_dimensions(X: np.ndarray) -> None:
    if X.ndim not in (2, 3, 4):
        raise ValueError(
            f"images must be N x height x width, N x height x width x channels or N x features, found an array of "
            f"{X.ndim} dimensions. Reshape your data"
        )


def _without_schedule(recipe: Recipe) -> Recipe:
    """The recipe for any number of epochs at one learning rate."""
    settings: dict[str, Any] = {"training.epochs": _MOST_EPOCHS, "lr_scheduler.type": "none"}
    values = recipe.to_dict()
    largest = values["lr_scheduler"].get("max_lr")
    if largest is not None:
        settings["optimizer.lr"] = largest / 10
        if values["optimizer"].get("momentum") == 0:
            settings["optimizer.momentum"] = 0.9
    return recipe.with_settings(settings)


def _pixel_range(X: np.ndarray) -> tuple[float, float]:
    """What is to become 0 and 255."""
    if X.dtype == np.uint8:
        return (0.0, 255.0)
    if X.dtype == bool:
        return (0.0, 1.0)
    low, high = float(X.min()), float(X.max())
    if low >= 0 and high <= 1:
        return (0.0, 1.0)
    if np.issubdtype(X.dtype, np.integer) and low >= 0 and high <= 255:
        return (0.0, 255.0)
    return (low, high)


def _to_bytes(X: np.ndarray, pixel_range: tuple[float, float]) -> np.ndarray:
    low, high = pixel_range
    if X.dtype == np.uint8 and (low, high) == (0, 255):
        return X
    numbers = X.astype(np.result_type(X.dtype, np.float32))
    scaled = (numbers - low) * (255 / ((high - low) or 1))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
