#!/usr/bin/python3
"""Makes optim.safetensors, for optim_test.cc: what PyTorch's optimisers, schedules, weight averaging and smoothed
loss do.

    /usr/bin/python3 make_optim_golden.py OUTPUT_FOLDER

Needs Debian's python3-torch (made with torch 1.13.0). Everything is computed in float64 from float32 numbers, and rounded
to float32 once, when it is stored.

    gradients [6,8]
    optimizer/CASE [7,8]   parameters: before the first step and after each of six
    average [7,8]          an AveragedModel's parameters after each of optimizer/sgd_momentum's seven updates
    loss/SMOOTHING [1], loss/gradient/SMOOTHING [10,16]   CrossEntropyLoss, summed, of the logits [10,16]; image i has label
                                                          i % 10
    class_weights [10]
    loss/weighted/SMOOTHING [1], loss/gradient/weighted/SMOOTHING [10,16]   the same with these weights, and the mean
    loss/mixed/CASE [1], loss/gradient/mixed/CASE [10,16]   the mean with probabilities as targets: a share of image i's is at
                                                            its label, the rest at class 3i % 10. CASE is
                                                            SHARE/SMOOTHING/plain or SHARE/SMOOTHING/weighted
    teacher [10,16]        logits
    loss/distilled/CASE [1], loss/gradient/distilled/CASE [10,16]   the mean of (1 - WEIGHT) * CrossEntropyLoss +
                           WEIGHT * T^2 * KLDivLoss(batchmean) of softmax(logits / T) from that of the teacher; CASE is T/WEIGHT
    lr/CASE, momentum/CASE [60]   of every batch, three per epoch; beta1 is Adam's momentum
"""
import pathlib
import sys

import numpy as np
import torch
from torch.optim import lr_scheduler, swa_utils

from make_model_golden import SEED, write_safetensors

EPOCHS = 20
BATCHES = 3  # per epoch
STEPS = EPOCHS * BATCHES

OPTIMIZERS = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd_momentum": (torch.optim.SGD, dict(lr=0.01, momentum=0.9)),
    "sgd_weight_decay": (torch.optim.SGD, dict(lr=0.1, weight_decay=0.3)),
    "sgd_momentum_weight_decay": (torch.optim.SGD, dict(lr=0.05, momentum=0.7, weight_decay=0.02)),
    "sgd_nesterov": (torch.optim.SGD, dict(lr=0.03, momentum=0.8, nesterov=True)),
    "sgd_nesterov_weight_decay": (torch.optim.SGD, dict(lr=0.2, momentum=0.6, weight_decay=0.1, nesterov=True)),
    "adam": (torch.optim.Adam, dict()),
    "adam_options": (torch.optim.Adam, dict(lr=0.05, betas=(0.7, 0.9), eps=0.1)),
    "adam_weight_decay": (torch.optim.Adam, dict(lr=0.02, weight_decay=0.2)),
    "adamw": (torch.optim.AdamW, dict(lr=0.1)),
    "adamw_options": (torch.optim.AdamW, dict(lr=0.03, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.4)),
    "rmsprop": (torch.optim.RMSprop, dict()),
    "rmsprop_options": (torch.optim.RMSprop,
                        dict(lr=0.03, alpha=0.7, eps=1e-3, weight_decay=0.2, momentum=0.6, centered=True)),
}


def sgd(**options):
    return lambda parameters: torch.optim.SGD(parameters, **{"lr": 0.1, "momentum": 0.9} | options)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.1, betas=(0.7, 0.99))


EPOCH, BATCH = "stepped once per epoch", "once per batch"
WARMUP = dict(start_factor=0.25, total_iters=7)

# The optimiser; the schedule, when it is stepped and its options; LinearLR's options, if any.
RATES = {
    "step_halve": (sgd(lr=0.02), lr_scheduler.StepLR, EPOCH, dict(step_size=5, gamma=0.5), None),
    "step_every_epoch": (sgd(), lr_scheduler.StepLR, EPOCH, dict(step_size=1, gamma=0.7), None),
    "step_grow": (sgd(lr=0.001), lr_scheduler.StepLR, EPOCH, dict(step_size=3, gamma=1.5), None),
    "step_never": (sgd(lr=0.3), lr_scheduler.StepLR, EPOCH, dict(step_size=50, gamma=0.1), None),
    "multi_step": (sgd(), lr_scheduler.MultiStepLR, EPOCH, dict(milestones=[1, 6, 7, 19], gamma=0.3), None),
    "exponential": (sgd(), lr_scheduler.ExponentialLR, EPOCH, dict(gamma=0.9), None),
    "cosine": (sgd(), lr_scheduler.CosineAnnealingLR, EPOCH, dict(T_max=20), None),
    "cosine_again": (sgd(), lr_scheduler.CosineAnnealingLR, EPOCH, dict(T_max=7, eta_min=0.01), None),
    "restarts": (sgd(), lr_scheduler.CosineAnnealingWarmRestarts, EPOCH, dict(T_0=6), None),
    "restarts_longer": (sgd(), lr_scheduler.CosineAnnealingWarmRestarts, EPOCH, dict(T_0=2, T_mult=3, eta_min=0.01), None),
    "one_cycle": (sgd(), lr_scheduler.OneCycleLR, BATCH, dict(max_lr=0.5, total_steps=STEPS), None),
    "one_cycle_options": (sgd(), lr_scheduler.OneCycleLR, BATCH, dict(
        max_lr=2, total_steps=STEPS, pct_start=0.21, anneal_strategy="linear", base_momentum=0.5, max_momentum=0.8,
        div_factor=10, final_div_factor=3), None),
    "one_cycle_three_phase": (adam, lr_scheduler.OneCycleLR, BATCH,
                              dict(max_lr=0.5, total_steps=STEPS, pct_start=0.4, three_phase=True), None),
    "one_cycle_fixed_momentum": (sgd(), lr_scheduler.OneCycleLR, BATCH,
                                 dict(max_lr=0.5, total_steps=STEPS, pct_start=0.0, cycle_momentum=False), None),
    "triangular": (sgd(), lr_scheduler.CyclicLR, BATCH, dict(base_lr=0.01, max_lr=0.3, step_size_up=8), None),
    "triangular2": (sgd(), lr_scheduler.CyclicLR, BATCH, dict(
        base_lr=0.1, max_lr=0.9, step_size_up=5, step_size_down=9, mode="triangular2", base_momentum=0.1,
        max_momentum=0.6), None),
    "exp_range": (sgd(), lr_scheduler.CyclicLR, BATCH, dict(
        base_lr=0.1, max_lr=0.9, step_size_up=6, mode="exp_range", gamma=0.96, cycle_momentum=False), None),
    "warmup": (sgd(), None, EPOCH, dict(), WARMUP),
    "warmup_defaults": (sgd(), None, EPOCH, dict(), dict()),
    "warmup_step": (sgd(), lr_scheduler.StepLR, EPOCH, dict(step_size=1, gamma=0.7), WARMUP),
    "warmup_cosine": (sgd(), lr_scheduler.CosineAnnealingLR, EPOCH, dict(T_max=20), WARMUP),
}


def optimised(kind, options, start, gradients):
    parameters = torch.from_numpy(start.copy()).requires_grad_()
    optimizer = kind([parameters], **options)
    history = [start]
    for gradient in gradients:
        parameters.grad = torch.from_numpy(gradient)
        optimizer.step()
        history.append(parameters.detach().numpy().copy())
    return np.stack(history)


def averages(decay, history):
    model = torch.nn.Module()
    model.weight = torch.nn.Parameter(torch.zeros(history.shape[1], dtype=torch.float64))
    averaged = swa_utils.AveragedModel(model, avg_fn=lambda average, value, count: decay * average + (1 - decay) * value)
    rows = []
    for row in history:
        model.weight.data.copy_(torch.from_numpy(row))
        averaged.update_parameters(model)
        rows.append(averaged.module.weight.detach().numpy().copy())
    return np.stack(rows)


def loss(logits, **options):
    """Classes come first here, as in a group of Rung's."""
    variable = torch.from_numpy(logits).T.contiguous().requires_grad_()
    labels = torch.arange(logits.shape[1]) % logits.shape[0]
    total = torch.nn.CrossEntropyLoss(**options)(variable, labels)
    total.backward()
    return np.array([total.item()]), variable.grad.T.contiguous().numpy()


def mixed_loss(logits, share, **options):
    """With MixUp's targets."""
    variable = torch.from_numpy(logits).T.contiguous().requires_grad_()
    classes, images = logits.shape
    hot = torch.eye(classes, dtype=torch.float64)
    target = share * hot[torch.arange(images) % classes] + (1 - share) * hot[3 * torch.arange(images) % classes]
    mean = torch.nn.CrossEntropyLoss(**options)(variable, target)
    mean.backward()
    return np.array([mean.item()]), variable.grad.T.contiguous().numpy()


def distilled_loss(logits, teacher, temperature, weight):
    variable = torch.from_numpy(logits).T.contiguous().requires_grad_()
    classes, images = logits.shape
    hard = torch.nn.functional.cross_entropy(variable, torch.arange(images) % classes)
    divergence = torch.nn.functional.kl_div(
        torch.log_softmax(variable / temperature, dim=1),
        torch.softmax(torch.from_numpy(teacher).T / temperature, dim=1), reduction="batchmean")
    mean = (1 - weight) * hard + weight * temperature**2 * divergence
    mean.backward()
    return np.array([mean.item()]), variable.grad.T.contiguous().numpy()


def rates(make_optimizer, schedule, when, options, warmup):
    optimizer = make_optimizer([torch.zeros(1)])
    each = {EPOCH: [], BATCH: []}
    if warmup is not None:
        each[BATCH].append(lr_scheduler.LinearLR(optimizer, **warmup))
    if schedule is not None:
        each[when].append(schedule(optimizer, **options))
    lrs, momenta = [], []
    for step in range(STEPS):
        group = optimizer.param_groups[0]
        lrs.append(group["lr"])
        momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
        optimizer.step()
        for scheduler in each[BATCH] if step + 1 < STEPS else []:  # OneCycleLR refuses one step more
            scheduler.step()
        for scheduler in each[EPOCH] if (step + 1) % BATCHES == 0 else []:
            scheduler.step()
    return np.array(lrs), np.array(momenta)


def main(output_folder):
    random = np.random.default_rng(SEED)
    start = random.uniform(-1, 1, 8).astype(np.float32).astype(np.float64)
    gradients = random.uniform(-1, 1, (6, 8)).astype(np.float32).astype(np.float64)
    golden = {"gradients": gradients}
    for name, (kind, options) in OPTIMIZERS.items():
        golden[f"optimizer/{name}"] = optimised(kind, options, start, gradients)
    for name, case in RATES.items():
        golden[f"lr/{name}"], golden[f"momentum/{name}"] = rates(*case)
    golden["average"] = averages(0.7, golden["optimizer/sgd_momentum"])
    golden["logits"] = random.uniform(-4, 4, (10, 16)).astype(np.float32).astype(np.float64)
    golden["class_weights"] = random.uniform(0, 3, 10).astype(np.float32).astype(np.float64)
    weights = torch.from_numpy(golden["class_weights"])
    for smoothing in 0.0, 0.1, 0.4:
        total, gradient = loss(golden["logits"], reduction="sum", label_smoothing=smoothing)
        golden[f"loss/{smoothing}"], golden[f"loss/gradient/{smoothing}"] = total, gradient
        mean, gradient = loss(golden["logits"], weight=weights, label_smoothing=smoothing)
        golden[f"loss/weighted/{smoothing}"], golden[f"loss/gradient/weighted/{smoothing}"] = mean, gradient
    for share in 0.25, 0.875:
        for smoothing in 0.0, 0.1:
            for name, weight in ("plain", None), ("weighted", weights):
                case = f"{share}/{smoothing}/{name}"
                mean, gradient = mixed_loss(golden["logits"], share, weight=weight, label_smoothing=smoothing)
                golden[f"loss/mixed/{case}"], golden[f"loss/gradient/mixed/{case}"] = mean, gradient
    golden["teacher"] = random.uniform(-6, 6, (10, 16)).astype(np.float32).astype(np.float64)
    for temperature in 0.5, 1.0, 4.0:
        for weight in 0.25, 1.0:
            case = f"{temperature}/{weight}"
            mean, gradient = distilled_loss(golden["logits"], golden["teacher"], temperature, weight)
            golden[f"loss/distilled/{case}"], golden[f"loss/gradient/distilled/{case}"] = mean, gradient
    write_safetensors(pathlib.Path(output_folder) / "optim.safetensors", golden)


if __name__ == "__main__":
    main(*sys.argv[1:])
