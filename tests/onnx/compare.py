"""Judges what run_importers.py has printed: compare.py FOLDER docs/export.md. The table of what each importer takes
must be the document's."""
import difflib
import pathlib
import platform
import re
import sys

TOLERANCE = 1e-4  # of a logit
STEPS = 0.01  # of the logits' range: roundings of integers may be a step apart
CLASSES = 5e-4  # of the images that get another class than from the C code
NO_INTEGERS = ["OpenCV 4.6.0"]
# A QLinearConv with padding: right or wrong, by the machine and the number of its threads.
VARIES = ("OpenCV 5.0.0", ["conv2d, padded", "relu after a sum", "avg_pool2d, padding counts"])
CPU = pathlib.Path("/proc/cpuinfo")
# Where ONNX Runtime lets sums of QDQ's products saturate: on x86-64 processors without VNNI.
SATURATES = platform.machine() == "x86_64" and CPU.exists() and not re.search("avx(512)?_vnni", CPU.read_text())
folder, document = map(pathlib.Path, sys.argv[1:])
results = {}  # by file and importer
for line in (folder / "results.tsv").read_text().splitlines():
    number, importer, outcome = line.split("\t")
    results[number, importer] = outcome


def with_zeros(name):
    """So that 4.6 comes before 4.14."""
    return re.sub(r"\d+", lambda number: number[0].zfill(3), name)


importers = sorted({importer for _, importer in results}, key=with_zeros)


def verdict(outcome, tolerance):
    """And why, unless it is yes."""
    try:
        value = float(outcome)
    except ValueError:
        return "no", outcome
    return ("yes", "") if value <= tolerance else ("wrong", f"{value:.1e} off")


def is_judged(file, importer):
    return not (SATURATES and "qdq" in file and importer.startswith("ONNX Runtime"))


if SATURATES:
    print("ONNX Runtime's QDQ is not judged: this processor has no VNNI.")
failed = False
for file in sorted({number for number, _ in results if number.startswith("trained")}):
    for importer in importers:
        outcome = results[file, importer]
        is_integer = "int8" in file
        print(f"{file}, {importer}: {outcome}")
        failed = failed or is_judged(file, importer) and verdict(outcome, CLASSES if is_integer else TOLERANCE)[0] != (
            "no" if is_integer and importer in NO_INTEGERS else "yes"
        )

largest = {importer: 0.0 for importer in importers}


def cell(number, name, importer, tolerance):
    word, why = verdict(results[number, importer], tolerance)
    if why and not is_judged(number, importer):
        return "yes"
    if why:
        print(f"{number} {name}, {importer}: {why}")
    else:
        largest[importer] = max(largest[importer], float(results[number, importer]))
    return word


def table(first, rows):
    return [f"| {first} | operators | " + " | ".join(importers) + " |", "|---|---|" + "---|" * len(importers)] + rows


cases = [line.split("\t") for line in (folder / "cases.tsv").read_text().splitlines()]
floats = table("form", [
    f"| {name} | {operators} | " + " | ".join(cell(number, name, importer, TOLERANCE) for importer in importers) + " |"
    for number, name, operators, _ in cases
    if not number.startswith("int8")
])
print("Largest differences:", largest)
largest = {importer: 0.0 for importer in importers}


def both(number, name, importer):
    """What there is of the two forms, of which `number` is the first."""
    words = [cell(file, name, importer, STEPS) for file in (number, number.replace("qdq", "qlinear"))]
    if importer == VARIES[0] and name in VARIES[1] and words[1] != "no":
        words[1] = "varies"
    return words[0] if words[0] == words[1] else f"qdq {words[0]}, qlinear {words[1]}"


integers = table("integers", [
    f"| {name} | {operators} | " + " | ".join(both(number, name, importer) for importer in importers) + " |"
    for number, name, operators, _ in cases
    if number.endswith("qdq")
])
print("Largest differences of integers, as shares of the logits' range:", largest)


def described(first):
    text = document.read_text().split(f"| {first} | operators |", 1)
    return (f"| {first} | operators |" + text[-1].split("\n\n", 1)[0]).splitlines()


difference = list(
    difflib.unified_diff(
        described("form") + described("integers"), floats + integers, "docs/export.md", "seen", lineterm=""
    )
)
if difference:
    print("\n".join(difference))
    failed = True
sys.exit(failed)
