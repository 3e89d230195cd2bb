"""What the peers in Python share: the task that compare wrote, the measurement, and the figures that are printed.

A peer is a class with what `Peer` names; `main` does the rest. The figures are those of `rung bench`.
"""

import argparse
import json
import os
import statistics
import sys
import time
import traceback
from pathlib import Path
from typing import Callable, Protocol

# Not counted, because libraries choose, compile and prepare their kernels in the first batches.
WARM_UP_BATCHES = 20


class Task:
    """A folder that bench/peer_task.h describes: the resolved recipe, and images and labels as bytes."""

    def __init__(self, folder: Path):
        facts = json.loads((folder / "task.json").read_text())
        self.recipe = facts["recipe"]
        self.layers = self.recipe["model"]["layers"]
        self.batch_size = self.recipe["training"]["batch_size"]
        self.optimizer = self.recipe["optimizer"]
        self.parameters = facts["parameters"]
        self.mean = facts["mean"]
        self.std = facts["std"]
        self.side = facts["side"]
        self.train_images = bytearray((folder / "train_images").read_bytes())  # [N,side,side]
        self.train_labels = bytearray((folder / "train_labels").read_bytes())  # [N]
        self.test_images = bytearray((folder / "test_images").read_bytes())
        self.test_labels = bytearray((folder / "test_labels").read_bytes())

    def batches(self):
        """First image and end of every batch of an epoch; the last batch may be smaller."""
        count = len(self.train_labels)
        for first in range(0, count, self.batch_size):
            yield first, min(first + self.batch_size, count)


class Peer(Protocol):
    parameters: int
    version: str

    def train(self, first: int, end: int) -> None:
        """One step of SGD on the training images first .. end-1; returns when it is done."""

    def count_correct(self) -> int:
        """How many test images the model classifies correctly in evaluation mode."""


def main(description: str, settings: dict[str, str], make_peer: Callable[[Task, argparse.Namespace], Peer]) -> None:
    """The peer's program. `settings` are its own flags with their meaning. The last line of a failure says why."""
    options = parsed_options(description, settings)
    try:
        task = Task(options.task)
        figures = run(make_peer(task, options), task, options)
    except Exception as error:
        traceback.print_exc()
        sys.exit(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")
    print(json.dumps(figures, indent=None if options.json else 2))


def parsed_options(description: str, settings: dict[str, str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--task", type=Path, required=True, help="folder that compare has written")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5, help="how long to measure")
    parser.add_argument("--epochs", type=int, default=0, help="train for this many epochs instead")
    parser.add_argument("--evaluate", action="store_true", help="classify the test images at the end")
    parser.add_argument("--json", action="store_true", help="print the JSON object in one line")
    for name, meaning in settings.items():
        parser.add_argument(name, action="store_true", help=meaning)
    return parser.parse_args()


def run(peer: Peer, task: Task, options: argparse.Namespace) -> dict:
    """Trains, and returns the figures."""
    if peer.parameters != task.parameters:
        raise ValueError(f"the model has {peer.parameters} parameters, but the recipe's has {task.parameters}")
    peer.train(0, task.batch_size)
    figures = {"version": peer.version, "threads": options.threads}
    figures["first_batch_seconds"] = seconds_since_process_start()
    if options.epochs > 0:
        figures["images_per_second"] = train_epochs(peer, task, options.epochs)
    else:
        figures["images_per_second"] = measure(peer, task, options.seconds)
    figures["peak_rss_mib"] = peak_resident_mib()
    if options.evaluate:
        figures["test_accuracy"] = 100 * peer.count_correct() / len(task.test_labels)
    return figures


def measure(peer: Peer, task: Task, seconds: float) -> float:
    """Images per second after a warm-up: the median over tenths of the time, as in `rung bench`."""
    batches = list(task.batches())
    # The smaller batch is part of the warm-up, because jit compilers compile for its size.
    for first, end in [batches[-1], *batches[2:WARM_UP_BATCHES]]:
        peer.train(first, end)
    speeds = []
    position = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        images = 0
        stretch = time.perf_counter()
        while time.perf_counter() - stretch < seconds / 10:
            first, end = batches[position % len(batches)]
            peer.train(first, end)
            images += end - first
            position += 1
        speeds.append(images / (time.perf_counter() - stretch))
    return statistics.median(speeds)


def train_epochs(peer: Peer, task: Task, epochs: int) -> float:
    """Images per second, the mean over whole epochs."""
    start = time.perf_counter()
    for _ in range(epochs):
        for first, end in task.batches():
            peer.train(first, end)
    return epochs * len(task.train_labels) / (time.perf_counter() - start)


def seconds_since_process_start() -> float:
    """By field 22 of /proc/self/stat (man 5 proc); field 2, the program's name, ends with the last parenthesis."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    ticks_per_second = os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / ticks_per_second


def peak_resident_mib() -> float:
    """The most memory that was ever resident."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
