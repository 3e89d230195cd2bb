#!/usr/bin/python3
"""Makes augment.bin: images and what torchvision (on PIL images) turns them into, for augment_golden_test.cc.

    /usr/bin/python3 make_augment_golden.py TRAIN_IMAGES_IDX3_UBYTE augment.bin

Needs Debian's python3-torchvision (made with torchvision 0.14.1, Pillow 9.4.0). Every number is little-endian:

    8 bytes   "RUNGAUG1"
    int32     number of images, and then for each image:
      int32     height, width, number of cases
      bytes     pixels, [height, width]
      and for each case:
        int32     kind: 0 brightness, 1 contrast, 2 rotation
        int32     fill (rotation only, else 0)
        float64   factor, or angle in degrees
        bytes     the resulting pixels, [height, width]
"""
import struct
import sys

import numpy as np
import torchvision.transforms.functional as functional
from PIL import Image

FACTORS = [0.0, 0.5, 0.8765432, 0.9, 0.95, 1.0, 1.0499999523162842, 1.1, 1.1000000238418579, 1.75, 3.0]
ANGLES = [-13.0, -7.0, -6.999999523162842, -3.3333332538604736, -0.5, 0.0, 0.25, 1.0, 5.123456954956055, 7.0, 12.99,
          30.0, 45.0, 90.0, 135.5, 180.0, 270.0, -725.0]
FILLS = [0, 1, 255]


def images(path):
    digits = np.fromfile(path, dtype=np.uint8)[16:].reshape(-1, 28, 28)
    wide = np.concatenate([digits[4][:, 4:24], digits[5][:, 4:25]], axis=1)[:27]
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    return [digits[0], digits[1], digits[7], digits[59999], wide, digits[2][1:28, 5:22], ramp, digits[3][14:15, 3:24]]


def cases(image):
    for factor in FACTORS:
        yield 0, 0, factor, functional.adjust_brightness(image, factor)
        yield 1, 0, factor, functional.adjust_contrast(image, factor)
    for index, angle in enumerate(ANGLES):
        fill = FILLS[index % len(FILLS)]
        yield 2, fill, angle, functional.rotate(image, angle, fill=fill)


def main(idx_path, output_path):
    with open(output_path, "wb") as output:
        chosen = images(idx_path)
        output.write(b"RUNGAUG1" + struct.pack("<i", len(chosen)))
        for pixels in chosen:
            results = list(cases(Image.fromarray(np.ascontiguousarray(pixels), "L")))
            output.write(struct.pack("<iii", *pixels.shape, len(results)) + pixels.tobytes())
            for kind, fill, parameter, result in results:
                output.write(struct.pack("<iid", kind, fill, parameter) + np.asarray(result).tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
