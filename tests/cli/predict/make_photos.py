#!/usr/bin/env python3
"""Makes 20 photographs of handwritten digits: make_photos.py MNIST_FOLDER OUTPUT_FOLDER

They show the first two test images of each class in dark ink on lighter paper that is lit unevenly: rotated by up to 10
degrees, off-centre, larger than the image, with noise; of every fourth the paper's edges are to be seen on a darker table,
and every second is in colour. The name begins with the digit. The same files each time; needs only Python.
"""
import math
import pathlib
import random
import struct
import sys
import zlib

INK = 40, 55, 105  # dark blue
PAPER = 250, 245, 235


def png(width, height, channels, rows):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class Photograph:
    """Gives the pixels of one, [height][width * channels]."""

    def __init__(self, digit, draw, number):
        self.digit = digit  # 28 x 28 bytes
        self.channels = 3 if number % 2 else 1
        self.has_table = number % 4 == 3
        self.height, self.width = draw.randint(110, 190), draw.randint(110, 190)
        self.size = draw.uniform(0.4, 0.6) * min(self.height, self.width)  # of the 28 pixels
        angle = math.radians(draw.uniform(-10, 10))
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        self.centre = [side / 2 + draw.uniform(-1, 1) * (side - self.size) / 4 for side in (self.width, self.height)]
        self.brightness, self.slope = draw.uniform(0.65, 0.85), (draw.uniform(-0.12, 0.12), draw.uniform(-0.12, 0.12))
        self.vignette = draw.uniform(0, 0.15)
        self.noise = draw.uniform(2, 8)
        self.draw = draw

    def rows(self):
        return [[value for x in range(self.width) for value in self.pixel(x, y)] for y in range(self.height)]

    def turned(self, x, y, centre):
        x, y = x - centre[0], y - centre[1]
        return self.cos * x + self.sin * y, self.cos * y - self.sin * x

    def pixel(self, x, y):
        u, v = 2 * x / self.width - 1, 2 * y / self.height - 1
        light = self.brightness + self.slope[0] * u + self.slope[1] * v - self.vignette * (u * u + v * v) / 2
        across, down = self.turned(x, y, (self.width / 2, self.height / 2))
        if self.has_table and (abs(across) > 0.46 * self.width or abs(down) > 0.46 * self.height):
            colour = 120, 110, 100
        else:
            ink = self.ink(x, y)
            colour = [ink * dark + (1 - ink) * bright for dark, bright in zip(INK, PAPER)]
        noise = self.draw.gauss(0, self.noise)
        return [min(255, max(0, round(light * value + noise))) for value in colour[:self.channels]]

    def ink(self, x, y):
        """The digit between its pixels, with the edge of a pen's stroke."""
        across, down = (28 * part / self.size + 13.5 for part in self.turned(x, y, self.centre))
        column, row = math.floor(across), math.floor(down)
        if not (0 <= column < 27 and 0 <= row < 27):
            return 0
        right, below, at = across - column, down - row, 28 * row + column
        upper = (1 - right) * self.digit[at] + right * self.digit[at + 1]
        lower = (1 - right) * self.digit[at + 28] + right * self.digit[at + 29]
        return min(1, max(0, 3 * (((1 - below) * upper + below * lower) / 255 - 0.5) + 0.5))


def main():
    mnist, out = map(pathlib.Path, sys.argv[1:])
    images = (mnist / "t10k-images-idx3-ubyte").read_bytes()[16:]
    labels = (mnist / "t10k-labels-idx1-ubyte").read_bytes()[8:]
    draw = random.Random(18)
    out.mkdir()
    for number in range(20):
        label = number // 2
        at = [i for i, other in enumerate(labels) if other == label][number % 2]
        photograph = Photograph(images[784 * at:784 * (at + 1)], draw, number)
        (out / f"{label}-{'ab'[number % 2]}.png").write_bytes(
            png(photograph.width, photograph.height, photograph.channels, photograph.rows()))


if __name__ == "__main__":
    main()
