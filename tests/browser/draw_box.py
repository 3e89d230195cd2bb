"""Draws the ten digits in the box of a report's page: draw_box.py PAGE. Says which digits its network reads, and every
complaint."""

import sys

import browser
from playground import DIGITS, draw

BOX = "document.querySelector('[data-drawing]')"


def main(file):
    right, problems = 0, []
    with browser.Browser() as page:
        for width, dark in ((1280, False), (390, True)):
            page.show(file, width, dark=dark)
            for digit, strokes in DIGITS.items():
                page.evaluate(f"({BOX}.querySelector('button').click(), {BOX}.scrollIntoView())")
                if page.evaluate(f"{BOX}.querySelector('output').textContent") != "":
                    problems.append("not cleared")
                draw(page, strokes, "[data-drawing] canvas")
                right += page.evaluate(f"{BOX}.querySelector('output').textContent").startswith(f"{digit}: ")
            problems += page.complaints
    print(f"{'at least 18' if right >= 18 else right} of 20 right")
    print(*problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    browser.run(main)
