"""Judges what run_importers.py has printed: compare.py FOLDER docs/export.md. The table of what each importer takes
must be the document's."""
import difflib
import pathlib
import re
import sys

TOLERANCE = 1e-4
folder, document = map(pathlib.Path, sys.argv[1:])
results = {}  # by file and importer
for line in (folder / "results.tsv").read_text().splitlines():
    number, importer, outcome = line.split("\t")
    results[number, importer] = outcome


def with_zeros(name):
    """So that 4.6 comes before 4.14."""
    return re.sub(r"\d+", lambda number: number[0].zfill(3), name)


importers = sorted({importer for _, importer in results}, key=with_zeros)


def verdict(outcome):
    """And why, unless it is yes."""
    try:
        value = float(outcome)
    except ValueError:
        return "no", outcome
    return ("yes", "") if value <= TOLERANCE else ("wrong", f"{value:.1e} off")


failed = False
for file in sorted({number for number, _ in results if number.startswith("trained")}):
    for importer in importers:
        outcome = results[file, importer]
        print(f"{file}, {importer}: {outcome}")
        failed = failed or verdict(outcome)[0] != "yes"

table = ["| form | operators | " + " | ".join(importers) + " |", "|---|---|" + "---|" * len(importers)]
largest = {importer: 0.0 for importer in importers}
for line in (folder / "cases.tsv").read_text().splitlines():
    number, name, operators, _ = line.split("\t")
    cells = []
    for importer in importers:
        word, why = verdict(results[number, importer])
        cells.append(word)
        if why:
            print(f"{name}, {importer}: {why}")
        else:
            largest[importer] = max(largest[importer], float(results[number, importer]))
    table.append(f"| {name} | {operators} | " + " | ".join(cells) + " |")
print("Largest differences:", largest)

described = ("| form |" + document.read_text().split("| form |", 1)[-1].split("\n\n", 1)[0]).splitlines()
difference = list(difflib.unified_diff(described, table, "docs/export.md", "seen", lineterm=""))
if difference:
    print("\n".join(difference))
    failed = True
sys.exit(failed)
