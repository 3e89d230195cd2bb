#!/usr/bin/python3
"""Makes augment.bin: images and what torchvision (on PIL images) turns them into, for augment_golden_test.cc; and
elastic.safetensors.

    /usr/bin/python3 make_augment_golden.py TRAIN_IMAGES_IDX3_UBYTE OUTPUT_FOLDER

Needs Debian's python3-torchvision (made with torchvision 0.14.1, Pillow 9.4.0). Every number is little-endian:

    8 bytes   "RUNGAUG4"
    int32     number of images, and then for each image:
      int32     channels (1: mode "L", 3: mode "RGB"), height, width, number of cases
      bytes     pixels, [channels, height, width]
      and for each case:
        int32     kind: 0 brightness, 1 contrast, 2 rotation, 3 affine with nearest neighbour, 4 affine bilinear, 5 crop,
                  6 perspective with nearest neighbour, 7 perspective bilinear, 8 Gaussian blur, 9 saturation, 10 hue,
                  11 horizontal flip, 12 vertical flip
        int32     fill (of what uncovers pixels, else 0)
        int32     number of parameters
        float64   the parameters: a factor, or turns of the hue; an angle in degrees; angle, translation across and down, scale, shear along x
                  and y; how far the crop moves the image right and down; x and y of the corners' new places, from the top
                  left clockwise; the kernel's size across and down, and sigma; none of a
                  flip
        bytes     the resulting pixels, [channels, height, width]

elastic.safetensors holds for each CASE noise/CASE [2,H,W], displacement/CASE [2,H,W] in pixels across and down, what
ElasticTransform makes of the noise with alpha/CASE and sigma/CASE; and image/CASE, result/CASE [H,W] with fill/CASE.
"""
import pathlib
import struct
import sys

import numpy as np
import torch
import torchvision.transforms as transforms
import torchvision.transforms.functional as functional
from PIL import Image
from torchvision.transforms import InterpolationMode

from make_model_golden import write_safetensors

FACTORS = [0.0, 0.5, 0.8765432, 0.9, 0.95, 1.0, 1.0499999523162842, 1.1, 1.1000000238418579, 1.75, 3.0]
TURNS = [-0.5, -0.3333333432674408, -0.1, -0.0039, 0.0, 0.004, 0.05, 0.25, 0.4987654387950897, 0.5]
ANGLES = [-13.0, -7.0, -6.999999523162842, -3.3333332538604736, -0.5, 0.0, 0.25, 1.0, 5.123456954956055, 7.0, 12.99,
          30.0, 45.0, 90.0, 135.5, 180.0, 270.0, -725.0]
FILLS = [0, 1, 255]
# Angle, translation, scale, shears; the first few keep the axes.
AFFINES = [
    (0.0, 0, 0, 1.0, 0.0, 0.0), (0.0, 3, -2, 1.0, 0.0, 0.0), (0.0, 0, 0, 0.8765432, 0.0, 0.0), (0.0, -1, 2, 1.3, 0.0, 0.0),
    (7.3, 0, 0, 1.0, 0.0, 0.0), (-15.25, 2, 1, 1.0, 0.0, 0.0), (30.0, 0, 0, 0.7, 0.0, 0.0), (90.0, 0, 0, 1.0, 0.0, 0.0),
    (0.0, 0, 0, 1.0, 12.5, 0.0), (0.0, 0, 0, 1.0, 0.0, -20.0), (5.123456954956055, -2, 3, 1.15, -8.0, 4.5),
    (180.0, 1, 1, 0.9, 3.0, 3.0), (-100.0, -3, 0, 2.5, 40.0, -30.0), (12.0, 0, 0, 0.013, 0.0, 0.0), (3.0, 0, 0, 50.0, 1.0, 0.0),
]
CROPS = [(0, 0), (1, 0), (-2, 3), (4, -4), (0, -1)]
PADDING = 4
DISTORTIONS = [0.15, 0.2, 0.5, 0.5, 0.8, 1.0]
BLURS = [((1, 1), 0.5), ((3, 3), 0.1), ((3, 5), 0.7), ((5, 5), 1.0), ((9, 7), 2.0), ((15, 1), 3.3), ((1, 21), 100.0)]
ELASTIC = {"default": (50.0, 5.0, 0), "strong": (120.0, 4.0, 9), "rough": (8.0, 0.7, 255), "noise": (20.0, 0.0, 0)}


def images(path):
    digits = np.fromfile(path, dtype=np.uint8)[16:].reshape(-1, 28, 28)
    wide = np.concatenate([digits[4][:, 4:24], digits[5][:, 4:25]], axis=1)[:27]
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    return [digits[0], digits[1], digits[7], digits[59999], wide, digits[2][1:28, 5:22], ramp, digits[3][14:15, 3:24]]


def colours():
    """Every hue in many shades, and noise."""
    random = np.random.default_rng(7)
    hue, value = np.meshgrid(np.arange(24) * 11 % 256, np.arange(18) * 15)
    shades = np.stack([hue, random.integers(0, 256, hue.shape), value], axis=2).astype(np.uint8)
    return [np.asarray(Image.fromarray(shades, "HSV").convert("RGB")), random.integers(0, 256, (13, 11, 3), dtype=np.uint8)]


def planes(image):
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def perspective_coefficients(start, end):
    """torchvision's, solved in double precision as in newer releases: 0.14's single precision moves sources by up to 1e-4 pixels."""
    rows = []
    for (x, y), (u, v) in zip(end, start):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    system = torch.tensor(rows, dtype=torch.float64)
    wanted = torch.tensor(start, dtype=torch.float64).view(8)
    return torch.linalg.lstsq(system, wanted, driver="gels").solution.to(torch.float32).tolist()


def perspectives(image):
    torch.manual_seed(image.width)
    for index, scale in enumerate(DISTORTIONS if min(image.size) > 1 else []):
        fill = FILLS[index % len(FILLS)]
        start, end = transforms.RandomPerspective.get_params(image.width, image.height, scale)
        if start == end:  # of a small image: a copy, but for the solver's rounding
            continue
        for kind, interpolation in (6, InterpolationMode.NEAREST), (7, InterpolationMode.BILINEAR):
            result = functional.perspective(image, start, end, interpolation, fill)
            yield kind, fill, [coordinate for corner in end for coordinate in corner], result


def blurs(image):
    for size, sigma in BLURS:
        if size[0] // 2 < image.width and size[1] // 2 < image.height:
            yield 8, 0, [*size, sigma], functional.gaussian_blur(image, size, sigma)


def cases(image):
    for factor in FACTORS:
        yield 0, 0, [factor], functional.adjust_brightness(image, factor)
        yield 1, 0, [factor], functional.adjust_contrast(image, factor)
        yield 9, 0, [factor], functional.adjust_saturation(image, factor)
    for turns in TURNS:
        yield 10, 0, [turns], functional.adjust_hue(image, turns)
    for index, angle in enumerate(ANGLES):
        fill = FILLS[index % len(FILLS)]
        yield 2, fill, [angle], functional.rotate(image, angle, fill=fill)
    for index, (angle, x, y, scale, *shear) in enumerate(AFFINES):
        fill = FILLS[index % len(FILLS)]
        for kind, interpolation in (3, InterpolationMode.NEAREST), (4, InterpolationMode.BILINEAR):
            result = functional.affine(image, angle, [x, y], scale, shear, interpolation=interpolation, fill=fill)
            yield kind, fill, [angle, x, y, scale, *shear], result
    for index, (right, down) in enumerate(CROPS):
        fill = FILLS[index % len(FILLS)]
        padded = functional.pad(image, PADDING, fill=fill)
        yield 5, fill, [right, down], functional.crop(padded, PADDING - down, PADDING - right, image.height, image.width)
    yield from perspectives(image)
    yield from blurs(image)
    yield 11, 0, [], functional.hflip(image)
    yield 12, 0, [], functional.vflip(image)


def elastic(image, alpha, sigma, fill, random):
    """ElasticTransform with its noise known."""
    height, width = image.shape
    noise = random.random((2, 1, 1, height, width), dtype=np.float32)
    draws = iter(noise)
    rand, torch.rand = torch.rand, lambda size: torch.from_numpy(next(draws))
    displacement = transforms.ElasticTransform.get_params([alpha, alpha], [sigma, sigma], [height, width])
    torch.rand = rand
    result = functional.elastic_transform(Image.fromarray(image, "L"), displacement, fill=fill)
    pixels = displacement[0].numpy() * np.array([width / 2, height / 2], dtype=np.float32)
    return {"noise": noise[:, 0, 0] * 2 - 1, "displacement": pixels.transpose(2, 0, 1), "alpha": np.array([alpha]),
            "sigma": np.array([sigma]), "fill": np.array([fill], dtype=np.uint8), "image": image,
            "result": np.asarray(result)}


def elastics(chosen):
    random = np.random.default_rng(1)
    golden = {}
    for name, options in ELASTIC.items():
        for index in (0, 5) if name != "default" else (0, 1, 2):  # 27 x 17 pixels: torchvision pads no further
            for key, value in elastic(np.ascontiguousarray(chosen[index]), *options, random).items():
                golden[f"{key}/{name}{index}"] = value
    return golden


def main(idx_path, output_folder):
    functional._get_perspective_coeffs = perspective_coefficients
    folder = pathlib.Path(output_folder)
    chosen = images(idx_path)
    write_safetensors(folder / "elastic.safetensors", elastics(chosen))
    with open(folder / "augment.bin", "wb") as output:
        chosen = [Image.fromarray(np.ascontiguousarray(pixels)) for pixels in chosen + colours()]
        output.write(b"RUNGAUG4" + struct.pack("<i", len(chosen)))
        for image in chosen:
            results = list(cases(image))
            output.write(struct.pack("<iiii", *planes(image).shape, len(results)) + planes(image).tobytes())
            for kind, fill, parameters, result in results:
                output.write(struct.pack(f"<iii{len(parameters)}d", kind, fill, len(parameters), *parameters))
                output.write(planes(result).tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
