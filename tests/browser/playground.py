"""Uses a playground as people do, in a real browser: playground.py PAGE DIGITS

PAGE: a playground with one network that reads MNIST's digits. Draws the ten digits with strokes of the pointer, of which
nine must be read; turns and smudges; looks at a test image; trains a network, makes a mistake in its recipe, and draws with
what was trained. Says what was drawn and read, and every complaint.
"""

import json
import pathlib
import sys
import time

import browser

# Strokes in hundredths of the drawing area.
DIGITS = {
    0: [[(50, 15), (35, 22), (28, 45), (32, 70), (48, 85), (64, 76), (71, 50), (65, 25), (50, 15)]],
    1: [[(52, 14), (50, 50), (48, 86)]],
    2: [[(30, 30), (40, 16), (58, 16), (67, 30), (58, 50), (42, 68), (28, 84), (48, 82), (72, 84)]],
    3: [[(30, 20), (48, 14), (64, 22), (62, 38), (46, 47), (64, 54), (68, 70), (54, 84), (32, 82)]],
    4: [[(36, 15), (30, 50), (48, 52), (70, 50)], [(64, 16), (62, 50), (60, 88)]],
    5: [[(68, 16), (38, 16), (34, 44), (54, 42), (68, 56), (62, 78), (44, 86), (28, 80)]],
    6: [[(62, 14), (44, 30), (34, 56), (38, 78), (54, 86), (66, 74), (60, 58), (44, 58), (36, 68)]],
    7: [[(28, 18), (50, 17), (72, 17), (60, 42), (50, 64), (44, 88)]],
    8: [[(64, 24), (50, 14), (36, 24), (44, 42), (60, 58), (66, 74), (50, 86), (34, 74), (42, 56), (58, 42), (64, 24)]],
    9: [[(66, 30), (54, 16), (38, 22), (34, 38), (48, 48), (64, 38), (66, 30), (64, 60), (56, 88)]],
}


def wait_for(page, condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        if time.monotonic() > deadline:
            raise RuntimeError(f"in vain: {condition}")
        time.sleep(.05)


def click(page, selector):
    page.evaluate(f"document.querySelector({json.dumps(selector)}).click()")


def draw(page, strokes, pad="#pad"):
    box = page.evaluate(f"(r => [r.left, r.top, r.width])(document.querySelector({json.dumps(pad)}).getBoundingClientRect())")
    point = lambda x, y: {"x": box[0] + x * box[2] / 100, "y": box[1] + y * box[2] / 100}
    for stroke in strokes:
        mouse = lambda kind, place, **more: page.call("Input.dispatchMouseEvent", type=kind, **point(*place), **more)
        mouse("mousePressed", stroke[0], button="left", buttons=1, clickCount=1)
        for start, end in zip(stroke, stroke[1:]):
            for part in range(1, 5):
                place = [a + (b - a) * part / 4 for a, b in zip(start, end)]
                mouse("mouseMoved", place, button="left", buttons=1)
        mouse("mouseReleased", stroke[-1], button="left", buttons=0, clickCount=1)


def quiet(page):
    """Waits until everything is answered."""
    wait_for(page, "!('busy' in document.documentElement.dataset)")


def read(page, number=0):
    return page.evaluate(f"document.querySelectorAll('.answer')[{number}].textContent")


def problems_of(page, file):
    """What is wrong with the page as it is now."""
    problems = [complaint for complaint in page.complaints if not complaint.startswith("request: blob:null/")]
    page.complaints = []
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        problems.append("wider than the window: " + page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && "
            "!e.closest('.scroll, .planes')).map(e => e.tagName + '#' + e.id + '.' + e.className).slice(0, 3).join(' ')"))
    return [f"{file}: {problem}" for problem in problems]


def main(file, pictures=""):
    problems, figures = [], {}
    with browser.Browser() as page:
        for width, dark in ((390, False), (390, True), (1280, False), (1280, True)):
            page.show(file, width, dark=dark)
            wait_for(page, "document.documentElement.dataset.ready !== undefined")
            quiet(page)
            right = 0
            for digit, strokes in DIGITS.items() if width == 1280 and not dark else [(3, DIGITS[3])]:
                click(page, "#clear")
                page.evaluate("document.getElementById('pad').scrollIntoView()")
                draw(page, strokes)
                quiet(page)
                answer = read(page)
                right += answer.startswith(f"{digit} ")
                if width == 1280 and not dark:
                    print(f"drew {digit}, read {answer.split(' ')[0]}")
            planes = page.evaluate(
                "[...document.querySelectorAll('.planes canvas, .evidence')].map(c => "
                "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v > 60))")
            if not planes or not all(planes):
                problems.append(f"{file} at {width} px: planes without anything in them: {planes}")
            if width == 1280 and not dark:
                print(f"{'at least 9' if right >= 9 else right} of 10 right")
                figures = page.evaluate("({...document.documentElement.dataset})")
            if pictures:
                page.screenshot(pathlib.Path(pictures) / f"draw-{width}-{'dark' if dark else 'light'}.png", whole=True)
            problems += problems_of(page, file)

        # A test image as it is; then turned and smudged.
        click(page, "#clear")
        click(page, "#examples button:last-child")
        quiet(page)
        seen = [read(page)]
        for slider, value in (("turn", 90), ("smudge", 12)):
            page.evaluate(f"(s => {{ s.value = {value}; s.dispatchEvent(new Event('input')); }})(document.getElementById('{slider}'))")
            quiet(page)
            seen.append(read(page))
        print("a test image: read" if seen[0][0] == page.evaluate("document.getElementById('chosen').textContent").split(": ")[1][0]
              else f"a test image: {seen}")
        print("turned: " + ("another answer" if len(set(seen)) > 1 else "the same answer"))

        # A mistake in a recipe, then a training, and drawing with its network.
        click(page, "#tab-training")
        edit = "(t => { t.value = t.value.replace(%s); })(document.getElementById('recipe'))"
        page.evaluate(edit % r"/(\[training\]\nepochs) = \d+/, '$1 = 0'")
        click(page, "#train")
        wait_for(page, "!document.getElementById('problem').hidden")
        print(page.evaluate("document.getElementById('problem').textContent"))
        page.evaluate(edit % r"/(\[training\]\nepochs) = \d+/, '$1 = 3'")
        click(page, "#train")
        wait_for(page, "document.documentElement.dataset.trained === '3'")
        print(page.evaluate("document.getElementById('state').textContent").split(",")[0])
        print(page.evaluate("document.querySelectorAll('#confusion td').length"), "cells of confusion")
        if pictures:
            page.screenshot(pathlib.Path(pictures) / "train-1280-dark.png", whole=True)
        problems += problems_of(page, file)
        click(page, "#take")
        wait_for(page, "document.querySelectorAll('.network').length === 2")
        click(page, "#clear")
        page.evaluate("scrollTo(0, 0)")
        draw(page, DIGITS[0])
        quiet(page)
        print("two networks answer" if all(read(page, number)[0].isdigit() for number in (0, 1)) else "one network is silent")
        problems += problems_of(page, file)
        figures["imagesPerSecond"] = page.evaluate("document.documentElement.dataset.imagesPerSecond")
    print(*problems, sep="\n")
    names = {"firstMs": "first answer", "answerMs": "an answer", "lookMs": "with what is inside"}
    print(", ".join(f"{name} after {figures[key]} ms" for key, name in names.items()) +
          f"; {figures['imagesPerSecond']} images a second in training", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    browser.run(main)
