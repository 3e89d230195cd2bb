#!/usr/bin/env python3
"""Opens pages as people do, at the width of a phone and of a desktop, in light and dark, and on paper:
check_page.py PAGE.html... Prints what is wrong and exits with 1 if anything is; with 77 where there is no browser.

--self-test checks instead that every check fails on a page that deserves it.
"""

import pathlib
import sys
import tempfile

import browser as chromium

WIDTHS = (360, 800, 1280)
ROOMY = 1280  # from which no table has to scroll
PAPER = 718  # A4 within a browser's margins

OPEN_ALL = """new Promise(done => {
  document.querySelectorAll('details').forEach(details => { details.open = true; });
  setTimeout(done, 200);
})"""

# Canvases that do not look like a chart: nothing drawn, or almost nothing.
BLANK_CANVASES = """[...document.querySelectorAll(':not(.drawing, .drawing div) > canvas')].filter(canvas => {
  if (canvas.width < 100 || canvas.height < 100) return true;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  let drawn = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 0) continue;
    ++drawn;
    colours.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
  }
  return drawn < 500 || colours.size < 3;
}).map(canvas => canvas.getAttribute('aria-label'))"""

BROKEN_IMAGES = "[...document.images].filter(image => image.naturalWidth === 0).length"
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
UNDESCRIBED = """document.querySelectorAll(
  'img:not([alt]), canvas:not([aria-label]), svg:not([aria-label], [aria-hidden])').length"""
DEAD_LINKS = """[...document.querySelectorAll('a')].map(link => link.getAttribute('href')).filter(
  href => href[0] !== '#' || document.getElementById(href.slice(1)) === null)"""
TWICE = """[...document.querySelectorAll('[id]')].map(element => element.id).filter(
  (id, at, ids) => ids.indexOf(id) !== at)"""
# At this width there is room for every column.
CLIPPED = """[...document.querySelectorAll('.scroll')].filter(
  box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent.trim().slice(0, 60))"""
NAMELESS_MATRICES = """[...document.querySelectorAll('.confusion')].filter(table =>
  !['true class', 'predicted class'].every(name => table.textContent.includes(name))).length"""
# Lines instead of pictures.
SLIVERS = """[...document.images].filter(image => image.naturalWidth > 0 && image.checkVisibility() &&
  Math.min(image.clientWidth, image.clientHeight) < 5).map(image => image.alt)"""
# Charts whose height cannot be read: an axis needs two values.
BARE_AXES = """[...document.querySelectorAll('canvas')].filter(canvas => {
  const chart = typeof Chart === 'undefined' ? undefined : Chart.getChart(canvas);
  return chart !== undefined && chart.scales.y.ticks.length < 2;
}).map(canvas => canvas.getAttribute('aria-label'))"""
# A page without scripts has no charts.
LACKS_CHARTS = "document.scripts.length > 0 && document.querySelector('canvas') === null"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
# Without the policy, a page that requests nothing would be luck.
POLICY = """(document.querySelector('meta[http-equiv="Content-Security-Policy"]') || {content: ''}).content"""


def check(browser, page):
    """What is wrong with the page, in lines."""
    problems = []
    backgrounds = {}
    for width in WIDTHS:
        for dark in (False, True):
            def problem(text, width=width, dark=dark):
                problems.append(f"{page} at {width} px, {'dark' if dark else 'light'}: {text}")

            browser.show(page, width, dark=dark)
            backgrounds[dark] = browser.evaluate(BACKGROUND)
            browser.evaluate(OPEN_ALL)
            if (surplus := browser.evaluate(TOO_WIDE)) > 0:
                problem(f"{surplus} px wider than the screen")
            if browser.evaluate(LACKS_CHARTS):
                problem("no charts")
            if blank := browser.evaluate(BLANK_CANVASES):
                problem(f"charts with nothing in them: {blank}")
            if broken := browser.evaluate(BROKEN_IMAGES):
                problem(f"{broken} images are broken")
            if width >= ROOMY and (clipped := browser.evaluate(CLIPPED)):
                problem(f"wider than their place: {clipped}")
            if nameless := browser.evaluate(NAMELESS_MATRICES):
                problem(f"{nameless} confusion matrices without the names of their axes")
            if slivers := browser.evaluate(SLIVERS):
                problem(f"pictures that are no more than a line: {slivers}")
            if bare := browser.evaluate(BARE_AXES):
                problem(f"axes with fewer than two values: {bare}")
            if undescribed := browser.evaluate(UNDESCRIBED):
                problem(f"{undescribed} images, charts or drawings without a description")
            if dead := browser.evaluate(DEAD_LINKS):
                problem(f"links to nowhere in the page: {dead}")
            if twice := browser.evaluate(TWICE):
                problem(f"ids that are there twice: {twice}")
            if "default-src 'none'" not in browser.evaluate(POLICY):
                problem("no Content-Security-Policy that forbids loading")
            for complaint in browser.complaints:
                problem(complaint)
    problems += check_on_paper(browser, page)
    if backgrounds[False] == backgrounds[True]:
        problems.append(f"{page}: light and dark look the same: {backgrounds[True]}")
    return problems


def check_on_paper(browser, page):
    browser.show(page, PAPER, dark=True)
    browser.evaluate(OPEN_ALL)
    browser.prefer(dark=True, paper=True)
    problems = []
    if (surplus := browser.evaluate(TOO_WIDE)) > 0:
        problems.append(f"{page}: {surplus} px wider than the paper")
    if not browser.pdf().startswith(b"%PDF"):
        problems.append(f"{page}: cannot be printed")
    return problems


DESERVING = """<!DOCTYPE html><title>bad</title><div style="width: 2000px; height: 9px"></div>
<canvas width="300" height="300" aria-label="empty"></canvas><img src="data:image/png;base64,AAAA">
<div class="scroll" style="width: 50px; overflow: auto"><table class="confusion"><tr><td>muchtoowideforitsplace</td></tr></table></div>
<img alt="sliver" width="217" height="1"
 src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7">
<a href="#gone" id="twice">gone</a><p id="twice"></p>
<img src="http://127.0.0.1:9/x.png"><script>var Chart = { getChart: () => ({ scales: { y: { ticks: [0] } } }) }; console.error('e'); setTimeout(() => alert(1)); undefinedFunction();</script>"""

EXPECTED = ("wider than their place: ['muchtoowideforitsplace']", "1 confusion matrices", "a line: ['sliver']",
            "two values: ['empty']", "wider than the screen", "wider than the paper", "nothing in them", "images are broken", "without a description",
            "to nowhere in the page: ['#gone']", "twice: ['twice']", "no Content-Security-Policy", "console:",
            "exception:", "request: http://127.0.0.1:9/x.png", "dialog: 1", "look the same")


def self_test(browser):
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "bad.html")
        page.write_text(DESERVING, encoding="utf-8")
        found = "\n".join(check(browser, page))
    return [f"this was not found on a page that has it: {wanted}" for wanted in EXPECTED if wanted not in found]


def main(arguments):
    if not chromium.find():
        print("skipped: there is no Chromium")
        return 77
    with chromium.Browser() as browser:
        if arguments == ["--self-test"]:
            problems = self_test(browser)
        else:
            problems = [problem for page in arguments for problem in check(browser, page)]
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main(sys.argv[1:]))
