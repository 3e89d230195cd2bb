"""A bar for training, by tqdm."""

from __future__ import annotations

from types import TracebackType


class ProgressBar:
    """One line that shows the current epoch, and, if it is closed without an error, says nothing more.

    It is what the core calls between batches: with the epoch, the epochs, the batch, the batches, the images and those
    of them that are classified correctly, the batch's loss and the seconds.
    """

    def __init__(self, shown: bool) -> None:
        self._bar = None
        if shown:
            from tqdm.auto import tqdm

            self._bar = tqdm(unit="batch", leave=False, dynamic_ncols=True)

    def __call__(self, progress: tuple[int, int, int, int, int, int, float, float]) -> None:
        if self._bar is None:
            return
        epoch, epochs, batch, batches, images, correct, loss, _ = progress
        self._bar.set_description(f"Epoch {epoch}/{epochs}", refresh=False)
        self._bar.total = batches
        self._bar.n = batch
        self._bar.set_postfix_str(f"loss {loss:.4f}, accuracy {100 * correct / images:.2f} %")

    def write(self, line: str) -> None:
        """A line above the bar."""
        if self._bar is not None:
            self._bar.write(line)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
