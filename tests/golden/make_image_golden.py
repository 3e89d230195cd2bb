#!/usr/bin/env python3
"""Makes the files of images/ with Pillow: JPEG files of each kind, and what Pillow makes of them.

Made with Pillow 13.0.0 (libjpeg-turbo 3.2). The JPEG files' bytes depend on its version, what is read from them does
not: libjpeg-turbo's default decoder computes the same everywhere.
"""
import pathlib

from PIL import Image, ImageDraw

FOLDER = pathlib.Path(__file__).parent / "images"
ORIENTATION = 0x0112


def picture():
    """Colours that change slowly and quickly, 45 x 34: neither side is a multiple of a block's."""
    image = Image.new("RGB", (45, 34))
    image.putdata([(5 * x, 7 * y, 255 - 3 * x - 3 * y) for y in range(34) for x in range(45)])
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 5, 30, 28), outline=(250, 30, 20), width=3)
    draw.line((40, 2, 20, 30), fill=(10, 240, 60), width=2)
    return image


def corner():
    """A white upper left quarter, the upper right one grey: different in each orientation. 24 x 16."""
    image = Image.new("L", (24, 16), 0)
    image.paste(255, (0, 0, 12, 8))
    image.paste(128, (12, 0, 24, 8))
    return image


def deep():
    """One row of 16 bits: 257 v for v = 0, 127, 128 and 255, and the first and the last numbers nearest to 128."""
    image = Image.new("I;16", (6, 1))
    image.putdata([0, 127 * 257, 128 * 257, 255 * 257, 127 * 257 + 129, 128 * 257 + 128])
    return image


ADOBE = b"\xff\xee\x00\x0eAdobe"  # a segment of 16 bytes; the last one says how colours are stored


def as_ycck(cmyk):
    """The same numbers, taken for luma, chroma and black: other colours, but as valid."""
    at = cmyk.index(ADOBE) + 15
    return cmyk[:at] + b"\x02" + cmyk[at + 1 :]


def unmarked(cmyk):
    at = cmyk.index(ADOBE)
    return cmyk[:at] + cmyk[at + 16 :]


def main():
    FOLDER.mkdir(exist_ok=True)
    colours = picture()
    colours.save(FOLDER / "colour.jpg", quality=85)  # 4:2:0
    colours.save(FOLDER / "progressive.jpg", quality=85, progressive=True, subsampling=0)
    colours.convert("L").save(FOLDER / "grey.jpg", quality=90)
    colours.convert("CMYK").save(FOLDER / "cmyk.jpg")
    (FOLDER / "ycck.jpg").write_bytes(as_ycck((FOLDER / "cmyk.jpg").read_bytes()))
    (FOLDER / "cmyk_unmarked.jpg").write_bytes(unmarked((FOLDER / "cmyk.jpg").read_bytes()))
    for name in "colour", "progressive", "grey":
        Image.open(FOLDER / f"{name}.jpg").convert("L").save(FOLDER / f"{name}.png")
    Image.open(FOLDER / "colour.jpg").convert("RGB").save(FOLDER / "colour_rgb.png")
    assert Image.open(FOLDER / "cmyk_unmarked.jpg").convert("RGB") == Image.open(FOLDER / "cmyk.jpg").convert("RGB")
    for name in "cmyk", "ycck":
        Image.open(FOLDER / f"{name}.jpg").convert("RGB").save(FOLDER / f"{name}.png")
    grey = Image.open(FOLDER / "grey.png")
    for name, size in ("small", (13, 9)), ("large", (100, 70)), ("narrow", (7, 50)):
        grey.resize(size, Image.Resampling.BILINEAR).save(FOLDER / f"{name}.png")
    deep().save(FOLDER / "deep.png")
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        corner().save(FOLDER / f"orientation{orientation}.jpg", quality=95, exif=exif)


if __name__ == "__main__":
    main()
