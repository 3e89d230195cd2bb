#!/usr/bin/env python3
"""A picture of a page: screenshot.py PAGE.html OUT.png [--width N] [--height N] [--dark] [--open]
[--until SELECTOR | --whole]"""

import argparse
import json

from browser import Browser

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("page")
arguments.add_argument("out")
arguments.add_argument("--width", type=int, default=1280)
arguments.add_argument("--height", type=int, default=900)
arguments.add_argument("--density", type=float, default=1, help="device pixels a CSS pixel")
arguments.add_argument("--dark", action="store_true")
arguments.add_argument("--whole", action="store_true", help="the whole page instead of its first screen")
arguments.add_argument("--until", metavar="SELECTOR", help="down to this element")
arguments.add_argument("--open", action="store_true", help="with all <details> open")
options = arguments.parse_args()

with Browser() as browser:
    browser.show(options.page, options.width, options.height, options.dark, options.density)
    if options.open:
        browser.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        browser.evaluate("new Promise(done => setTimeout(done, 300))")
    bottom = None
    if options.until:
        bottom = browser.evaluate(f"document.querySelector({json.dumps(options.until)}).getBoundingClientRect().bottom")
    browser.screenshot(options.out, options.whole, bottom)
