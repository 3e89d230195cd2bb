"""A task trained by JAX alone: one jitted step of float32, convolutions in the order N, H, W, C, SGD by hand."""

import os
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import peer

DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def pair(size) -> tuple[int, int]:
    """A size of the recipe: one integer stands for two equal ones."""
    return (size, size) if isinstance(size, int) else tuple(size)


def initial(layers: list[dict], key) -> tuple[list[dict], list[dict]]:
    """Trainable weights and running statistics by layer, both as PyTorch begins with them."""
    weights, statistics = [], []
    channels = 1
    for index, spec in enumerate(layers):
        weight, statistic = {}, {}
        if spec["type"] == "conv2d":
            if spec["bias"] or spec["groups"] != 1:
                raise ValueError("the JAX peer's convolutions have neither bias nor groups")
            shape = (*pair(spec["kernel_size"]), channels, spec["out_channels"])
            bound = (shape[0] * shape[1] * channels) ** -0.5
            weight["kernel"] = jax.random.uniform(jax.random.fold_in(key, index), shape, minval=-bound, maxval=bound)
            channels = spec["out_channels"]
        elif spec["type"] == "batch_norm2d":
            weight = {"scale": jnp.ones(channels), "shift": jnp.zeros(channels)}
            statistic = {"mean": jnp.zeros(channels), "variance": jnp.ones(channels)}
        weights.append(weight)
        statistics.append(statistic)
    return weights, statistics


def batch_norm(x, spec: dict, weight: dict, statistic: dict, training: bool):
    """The normalised x, and the running statistics after it."""
    if training:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        count = x.size // x.shape[-1]
        unbiased = {"mean": mean, "variance": variance * count / (count - 1)}
        share = spec["momentum"]
        statistic = {name: (1 - share) * old + share * unbiased[name] for name, old in statistic.items()}
    else:
        mean, variance = statistic["mean"], statistic["variance"]
    return (x - mean) * (lax.rsqrt(variance + spec["eps"]) * weight["scale"]) + weight["shift"], statistic


def pool(x, spec: dict):
    window = (1, *pair(spec["kernel_size"]), 1)
    if spec["type"] == "max_pool2d":
        return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
    return lax.reduce_window(x, 0.0, lax.add, window, window, "VALID") / (window[1] * window[2])


def forward(layers, weights, statistics, x, key, training: bool):
    """Logits [N,classes], and the running statistics after the batch."""
    after = []
    for index, (spec, weight, statistic) in enumerate(zip(layers, weights, statistics)):
        match spec["type"]:
            case "conv2d":
                padding = [(side, side) for side in pair(spec["padding"])]
                x = lax.conv_general_dilated(
                    x,
                    weight["kernel"],
                    pair(spec["stride"]),
                    padding,
                    rhs_dilation=pair(spec.get("dilation", 1)),
                    dimension_numbers=DIMENSIONS,
                )
            case "batch_norm2d":
                x, statistic = batch_norm(x, spec, weight, statistic, training)
            case "dropout" if training:
                keep = jax.random.bernoulli(jax.random.fold_in(key, index), 1 - spec["p"], x.shape)
                x = jnp.where(keep, x / (1 - spec["p"]), 0)
            case "dropout":
                pass
            case "relu":
                x = jax.nn.relu(x)
            case "max_pool2d" | "avg_pool2d":
                x = pool(x, spec)
            case other:
                raise ValueError(f"the JAX peer has no layer {other}")
        after.append(statistic)
    return x.reshape(len(x), -1), after


class JaxPeer:
    def __init__(self, task: peer.Task, options):
        # XLA starts a thread for each core that it may use.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
        self.task = task
        self.train_images = self.images(task.train_images)
        self.train_labels = np.frombuffer(task.train_labels, np.uint8)
        self.key = jax.random.key(task.recipe["seed"], impl="rbg")
        weights, statistics = initial(task.layers, self.key)
        self.state = weights, statistics, jax.tree.map(jnp.zeros_like, weights)
        self.parameters = sum(weight.size for weight in jax.tree.leaves(weights))
        self.version = f"JAX {jax.__version__}"
        self.batches = 0

    def images(self, data: bytearray) -> np.ndarray:
        return np.frombuffer(data, np.uint8).reshape(-1, self.task.side, self.task.side, 1)

    def normalised(self, images):
        return (images.astype(jnp.float32) / 255 - self.task.mean) / self.task.std

    @partial(jax.jit, static_argnums=0, donate_argnums=1)
    def step(self, state, images, labels, batch):
        weights, statistics, velocity = state
        key = jax.random.fold_in(self.key, batch)

        def loss(weights):
            logits, after = forward(self.task.layers, weights, statistics, self.normalised(images), key, training=True)
            chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None].astype(jnp.int32), 1)
            return -chosen.mean(), after

        (value, statistics), gradients = jax.value_and_grad(loss, has_aux=True)(weights)
        lr, momentum = self.task.optimizer["lr"], self.task.optimizer["momentum"]
        velocity = jax.tree.map(lambda v, g: momentum * v + g, velocity, gradients)
        weights = jax.tree.map(lambda w, v: w - lr * v, weights, velocity)
        return (weights, statistics, velocity), value

    def train(self, first: int, end: int) -> None:
        images, labels = self.train_images[first:end], self.train_labels[first:end]
        self.state, loss = self.step(self.state, images, labels, self.batches)
        loss.block_until_ready()
        self.batches += 1

    def count_correct(self) -> int:
        weights, statistics, _ = self.state

        @jax.jit
        def classes(images):
            logits, _ = forward(self.task.layers, weights, statistics, self.normalised(images), self.key, training=False)
            return logits.argmax(1)

        batches = self.images(self.task.test_images).reshape(-1, 1000, self.task.side, self.task.side, 1)
        predicted = np.concatenate([classes(batch) for batch in batches])
        return int((predicted == np.frombuffer(self.task.test_labels, np.uint8)).sum())


if __name__ == "__main__":
    peer.main(__doc__, {}, JaxPeer)
