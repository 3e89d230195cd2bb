#!/usr/bin/python3
"""Makes the golden files of golden_test.cc: what PyTorch computes for the ladder's five models, and for three with the
other layers.

    /usr/bin/python3 make_model_golden.py FOLDER_OF_RAW_MNIST_IDX_FILES OUTPUT_FOLDER [NAME...]

Needs Debian's python3-torch (made with torch 1.13.0). Everything is computed in float64 from float32 weights and
inputs, and rounded to float32 once, when it is stored: closer to the exact result than a float32 run can be.

The models are written down here a second time, and dropout's masks are drawn by a second implementation of
src/base/philox.h and src/kernels/dropout.h, so that neither is checked against itself.

    mnist.safetensors   images [160,28,28], labels [160]: four batches of 40, not a multiple of 16 on purpose
    stepN.safetensors, residual.safetensors, pooling.safetensors, dilation.safetensors
                        initial/*     weights, named as in nn.Sequential's state_dict
                        gradient/*    of the first batch's loss
                        after1/*, after4/*, after20/*   batch norm's running statistics after that many steps
                        logits/training, logits/evaluation   of the first batch: at the first step, and after the last
                        losses        [20]; step s trains batch s % 4 in epoch s / 4
"""
import json
import pathlib
import struct
import sys

import numpy as np
import torch
from torch import nn

SEED = 1
BATCH = 40
BATCHES = 4
STEPS = 20
STATISTICS_AFTER = 1, 4, STEPS
EXACT = 1e-12  # below this two values are equal on both sides: dropout's zeros, ties over an image's empty parts
CANDIDATES = 100  # seeds of the initial weights, of which the one farthest from kinks is taken
LANES = 16
FIRST_GROUPS = -(-BATCH // LANES)  # groups of 16 images that a batch takes

PHILOX_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
PHILOX_WEYL = 0x9E3779B9, 0xBB67AE85
PURPOSE_DROPOUT = 4
WORD = 0xFFFFFFFF


def philox4x32(counter, key):
    """Philox4x32-7 of many counters: [4, n] of uint64 that hold 32-bit words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(7):
        product0 = c0 * np.uint64(PHILOX_MULTIPLIERS[0])
        product1 = c2 * np.uint64(PHILOX_MULTIPLIERS[1])
        c0, c1, c2, c3 = ((product1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0), product1 & np.uint64(WORD),
                          (product0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1), product0 & np.uint64(WORD))
        k0 = (k0 + PHILOX_WEYL[0]) & WORD
        k1 = (k1 + PHILOX_WEYL[1]) & WORD
    return np.stack([c0, c1, c2, c3])


def kept(p, images, elements, layer, epoch, first_group):
    """[images, elements]: does image n keep the element?"""
    threshold = int(p * 65536 + 0.5)
    blocks = -(-elements // 8)
    result = np.empty((images, blocks * 8), dtype=bool)
    for image in range(images):
        group = first_group + image // LANES
        others = [np.full(blocks, word, dtype=np.uint64) for word in (group, epoch, PURPOSE_DROPOUT | layer << 8)]
        pair, half = divmod(image % LANES, 2)
        for odd in range(2):  # elements 8*block + 2*word + odd
            first = np.arange(blocks, dtype=np.uint64) * np.uint64(LANES) + np.uint64(8 * odd + pair)
            words = philox4x32([first, *others], (SEED & WORD, SEED >> 32)).T  # [blocks, 4]
            random = (words >> np.uint64(16 * half)) & np.uint64(0xFFFF)
            result[image, odd::2] = random.reshape(-1) >= threshold
    return result[:, :elements]


class CountedDropout(nn.Module):
    """nn.Dropout with the masks that Rung draws."""

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.layer = self.epoch = self.first_group = 0

    def forward(self, x):
        if not self.training:
            return x
        mask = kept(self.p, x.shape[0], x[0].numel(), self.layer, self.epoch, self.first_group)
        return x * torch.from_numpy(mask).reshape(x.shape) / (1 - self.p)


def conv(inputs, outputs, kernel=3):
    return nn.Conv2d(inputs, outputs, kernel, bias=False)


def conv_relu(inputs, outputs):
    return [conv(inputs, outputs), nn.ReLU()]


def conv_norm_relu(inputs, outputs):
    return [conv(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU()]


def conv_norm_drop_relu(inputs, outputs):
    return [conv(inputs, outputs), nn.BatchNorm2d(outputs), CountedDropout(0.08), nn.ReLU()]


def skeleton(stage):
    return nn.Sequential(*stage(1, 10), *stage(10, 10), nn.MaxPool2d(2), *stage(10, 20), *stage(20, 10),
                         *stage(10, 20), conv(20, 10, 6))


def small(more):
    stage = conv_norm_drop_relu
    return nn.Sequential(*stage(1, 10), *stage(10, 10), nn.MaxPool2d(2), *stage(10, 10), *stage(10, 10),
                         *stage(10, 10), *stage(10, 16), *more, conv(16, 10, 1))


class Add(nn.Module):
    """The sum with the output of an earlier layer of a Chain."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer


class Chain(nn.Sequential):
    """nn.Sequential with residual connections."""

    def forward(self, x):
        outputs = []
        for module in self:
            x = x + outputs[module.layer] if isinstance(module, Add) else module(x)
            outputs.append(x)
        return x


def residual():
    """As in residual.toml."""
    return Chain(conv(1, 8), nn.BatchNorm2d(8), nn.SiLU(), nn.MaxPool2d(2),
                 nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8),
                 nn.PReLU(8), Add(3), CountedDropout(0.08), nn.LeakyReLU(0.1),
                 conv(8, 12), nn.BatchNorm2d(12), nn.PReLU(),
                 nn.Conv2d(12, 12, 3, padding=1, bias=False), nn.BatchNorm2d(12), Add(13), nn.SiLU(),
                 nn.AdaptiveAvgPool2d(1), conv(12, 10, 1))


def pooling():
    """As in pooling.toml."""
    return nn.Sequential(conv(1, 8), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
                         conv(8, 12), nn.BatchNorm2d(12), nn.SiLU(), nn.AvgPool2d(3, 1, 1),
                         nn.MaxPool2d((3, 2), (2, 1), (1, 0)), conv(12, 12), nn.BatchNorm2d(12), nn.SiLU(),
                         nn.AdaptiveAvgPool2d((3, 5)), conv(12, 10, (3, 5)))


def dilation():
    """As in dilation.toml."""
    return nn.Sequential(conv(1, 8), nn.BatchNorm2d(8), nn.SiLU(), nn.MaxPool2d(2),
                         nn.Conv2d(8, 12, 3, padding=2, dilation=2, bias=False), nn.BatchNorm2d(12), nn.SiLU(),
                         nn.Conv2d(12, 12, 3, padding=(3, 2), dilation=(3, 2), groups=4, bias=False),
                         nn.BatchNorm2d(12), nn.SiLU(),
                         nn.Conv2d(12, 12, (3, 2), stride=2, padding=(1, 2), dilation=(2, 3), bias=False),
                         nn.BatchNorm2d(12), nn.SiLU(), nn.Conv2d(12, 10, 3, dilation=2, bias=False),
                         nn.AdaptiveAvgPool2d(1))


MODELS = {  # name: (model, learning rate)
    "step1": (lambda: skeleton(conv_relu), 0.01),
    "step2": (lambda: skeleton(conv_norm_relu), 0.01),
    "step3": (lambda: skeleton(conv_norm_drop_relu), 0.01),
    "step4": (lambda: small([nn.AvgPool2d(4)]), 0.01),
    "step5": (lambda: small([*conv_norm_drop_relu(16, 16), nn.AvgPool2d(2)]), 0.02),
    "residual": (residual, 0.02),
    "pooling": (pooling, 0.02),
    "dilation": (dilation, 0.02),
}


def write_safetensors(path, tensors):
    """float32 and uint8 tensors; everything else is rounded to float32."""
    header, data = {"__metadata__": {"made_by": "make_model_golden.py", "torch": torch.__version__}}, b""
    for name, tensor in tensors.items():
        values = np.ascontiguousarray(tensor)
        if values.dtype != np.uint8:
            values = values.astype("<f4")
        begin = len(data)
        data += values.tobytes()
        header[name] = {"dtype": "U8" if values.dtype == np.uint8 else "F32", "shape": list(values.shape),
                        "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def mnist(folder):
    count = BATCH * BATCHES
    images = np.fromfile(folder / "train-images-idx3-ubyte", dtype=np.uint8)[16:].reshape(-1, 28, 28)[:count]
    labels = np.fromfile(folder / "train-labels-idx1-ubyte", dtype=np.uint8)[8:][:count]
    return images, labels


def normalised(images):
    """As torchvision's ToTensor and Normalize do it, in float32."""
    scaled = torch.from_numpy(images).float().div(255)
    return scaled.sub(torch.tensor(0.1307)).div(torch.tensor(0.3081)).unsqueeze(1).double()


def copied(tensors, prefix):
    return {f"{prefix}/{name}": tensor.detach().numpy().copy() for name, tensor in tensors}


def running(model, prefix):
    return copied([(n, b) for n, b in model.named_buffers() if "running" in n], prefix)


def logits_of(model, images, step):
    for layer, module in enumerate(model):
        if isinstance(module, CountedDropout):
            module.layer, module.epoch = layer, step // BATCHES
            module.first_group = step % BATCHES * FIRST_GROUPS
    return model(images).flatten(1)


def kink_margin(make_model, seed, images):
    """The least distance of the first batch's values from the zero of relu and similar layers, and from a max pooling tie.

    The gradient jumps there, so a value that is nearer than float32's rounding errors makes a golden file useless.
    """
    margins = []

    def relu(_, inputs):
        magnitudes = inputs[0].abs()
        margins.append(magnitudes[magnitudes > EXACT].min())

    def max_pool(module, inputs):
        rows, columns = (module.padding, module.padding) if isinstance(module.padding, int) else module.padding
        padded = nn.functional.pad(inputs[0].flatten(0, 1).unsqueeze(1), (columns, columns, rows, rows), value=-1e9)
        windows = nn.functional.unfold(padded, module.kernel_size, stride=module.stride)
        largest = windows.topk(2, dim=1).values
        gaps = (largest[:, 0] - largest[:, 1])[largest[:, 0] > 0]
        margins.append(gaps[gaps > EXACT].min())

    torch.manual_seed(seed)
    model = make_model().double()
    for module in model:
        if isinstance(module, (nn.ReLU, nn.LeakyReLU, nn.PReLU)):
            module.register_forward_pre_hook(relu)
        if isinstance(module, nn.MaxPool2d):
            module.register_forward_pre_hook(max_pool)
    with torch.no_grad():
        logits_of(model, images[:BATCH], 0)
    return min(margins).item()


def train(make_model, lr, images, labels):
    seed = max(range(SEED, SEED + CANDIDATES), key=lambda candidate: kink_margin(make_model, candidate, images))
    torch.manual_seed(seed)
    model = make_model().double()  # drawn in float32
    golden = copied(model.named_parameters(), "initial")
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for step in range(STEPS):
        batch = slice(step % BATCHES * BATCH, (step % BATCHES + 1) * BATCH)
        optimizer.zero_grad()
        logits = logits_of(model, images[batch], step)
        loss = nn.functional.nll_loss(nn.functional.log_softmax(logits, dim=1), labels[batch])
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            golden["logits/training"] = logits.detach().numpy()
            golden.update(copied(((n, p.grad) for n, p in model.named_parameters()), "gradient"))
        optimizer.step()
        if step + 1 in STATISTICS_AFTER:
            golden.update(running(model, f"after{step + 1}"))
    model.eval()
    golden["logits/evaluation"] = logits_of(model, images[:BATCH], 0).detach().numpy()
    golden["losses"] = np.array(losses)
    return golden


def main(mnist_folder, output_folder, *names):
    output = pathlib.Path(output_folder)
    images, labels = mnist(pathlib.Path(mnist_folder))
    write_safetensors(output / "mnist.safetensors", {"images": images, "labels": labels})
    for name in names or MODELS:
        make_model, lr = MODELS[name]
        golden = train(make_model, lr, normalised(images), torch.from_numpy(labels).long())
        write_safetensors(output / f"{name}.safetensors", golden)


if __name__ == "__main__":
    main(*sys.argv[1:])
