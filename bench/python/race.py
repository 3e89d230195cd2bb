"""The clock and the referee: evaluates the test images after every epoch, and counts the seconds without evaluating."""

from collections.abc import Callable

import numpy as np

import peer

GOALS = (98, 99)  # % of the test images

Predict = Callable[[np.ndarray], np.ndarray]  # images [N,28,28], uint8, to classes [N]


class Race:
    def __init__(self, images: np.ndarray, labels: np.ndarray, cap: float):
        self.images = images
        self.labels = labels
        self.cap = cap
        self.began = peer.seconds_since_process_start()
        self.paused = 0.0
        self.evaluations: list[dict] = []

    def after_epoch(self, predict: Predict) -> bool:
        """To be called after each epoch, or each few rounds of boosting; whether training should stop."""
        stopped = peer.seconds_since_process_start()
        accuracy = 100 * int((predict(self.images) == self.labels).sum()) / len(self.labels)
        self.evaluations.append({"seconds": stopped - self.paused, "accuracy": accuracy})
        self.paused += peer.seconds_since_process_start() - stopped
        return accuracy >= GOALS[-1] or self.evaluations[-1]["seconds"] >= self.cap

    def figures(self) -> dict:
        """Seconds are those since the process began; `None` stands for a goal that was not reached."""
        accuracies = [evaluation["accuracy"] for evaluation in self.evaluations]
        return {
            "first_epoch_seconds": self.evaluations[0]["seconds"] - self.began,
            "seconds_to": {str(goal): self.seconds_to(goal) for goal in GOALS},
            "seconds": self.evaluations[-1]["seconds"],
            "best_accuracy": max(accuracies),
            "final_accuracy": accuracies[-1],
            "evaluation_seconds": self.paused,
            "evaluations": self.evaluations,
        }

    def seconds_to(self, goal: float) -> float | None:
        reached = (evaluation["seconds"] for evaluation in self.evaluations if evaluation["accuracy"] >= goal)
        return next(reached, None)
