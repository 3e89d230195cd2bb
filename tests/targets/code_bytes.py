#!/usr/bin/env python3
"""Makes the tables of code sizes and stacks, src/chip/code_bytes.h: code_bytes.py FOLDER, with Debian 12's tools.

FOLDER holds many models, as `write_models --varied 200 FOLDER` writes them, built with the header as it is. Each
target's compiler builds them all, and its emulator runs those that fit (tests/targets/run.sh). An object file's code is
then a sum over the parts that the model uses, by least squares, and so is its stack. A margin makes the sums rather too
large than too small: one and a half times the code's standard error, or the stack's largest one. Needs numpy.

A new part of the code needs a row of zeros in both tables first.
"""

import concurrent.futures
import pathlib
import subprocess
import sys

import numpy

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE.parent.parent / "src/chip/code_bytes.h"
RIDGE = 0.3  # keeps parts that always come together apart


def foretold(folder):
    """The parts' names; of each model, which it uses, and its targets' bytes of flash."""
    names, used, flash = [], {}, {}
    for file in sorted(folder.glob("*.sizes")):
        lines = [line.split(" ", 2) for line in file.read_text().splitlines()]
        names = [line[2] for line in lines if line[0] == "part"]
        used[file.stem] = [int(line[1]) for line in lines if line[0] == "part"]
        flash[file.stem] = {line[0]: int(line[1]) for line in lines if line[0] != "part"}
    return names, used, flash


def measured(target, folder):
    """Bytes of flash and of stack of each model, the latter of those that fit."""
    run = subprocess.run([HERE / "run.sh", "--sizes", target, folder], capture_output=True, text=True, check=True)
    rows = [line.split() for line in run.stdout.splitlines()]
    return {row[0]: int(row[1]) for row in rows}, {row[0]: int(row[3]) for row in rows if len(row) > 3}


def fitted(title, parts, values, margin):
    """What each part adds to the values, and a margin on the first part, which is in all."""
    square = parts.T @ parts + RIDGE * numpy.eye(parts.shape[1])
    weights = numpy.linalg.solve(square, parts.T @ values).round()
    error = parts @ weights - values
    print(f"{title}: {values.mean():.0f} bytes, error {error.std():.0f}, {error.min():.0f} to {error.max():.0f}")
    weights[0] += round(margin(error))
    return weights.astype(int)


def table(name, rows, parts):
    lines = [f"    {{{', '.join(str(row[at]) for row in rows)}}},  // {part}" for at, part in enumerate(parts)]
    return f"inline constexpr CodeTable {name}{{{{\n" + "\n".join(lines) + "\n}};"


def main():
    folder = pathlib.Path(sys.argv[1])
    names, used, flash = foretold(folder)
    targets = list(next(iter(flash.values())))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        sizes = dict(zip(targets, pool.map(lambda target: measured(target, folder), targets)))
    now = TABLE.read_text().split("kCodeBytes{")[1].split("};")[0].splitlines()
    now = [[int(number) for number in line[line.index("{") + 1 : line.index("}")].split(",")]
           for line in now if line.startswith("    {")]
    code, stack = [], []
    for column, target in enumerate(targets):
        of_flash, of_stack = sizes[target]
        parts = numpy.array([used[model] for model in of_flash], float)
        # The rest of flash is foretold without an error: without what the table now says of the code.
        rest = [flash[model][target] for model in of_flash] - parts @ numpy.array([row[column] for row in now])
        code.append(fitted(f"{target}, code", parts, numpy.array(list(of_flash.values())) - rest,
                           lambda error: 1.5 * error.std()))
        parts = numpy.array([used[model] for model in of_stack], float)
        stack.append(fitted(f"{target}, stack", parts, numpy.array(list(of_stack.values())),
                            lambda error: -1.5 * error.min()))
    TABLE.write_text(HEADER.format(targets=", ".join(targets), count=len(targets), parts=len(names),
                                   code=table("kCodeBytes", code, names), stack=table("kStackBytes", stack, names)))


HEADER = """// Made by tests/targets/code_bytes.py, which says how: what each part of the exported C adds to the code and
// to the stack, in bytes. The rows are those of code_parts(), the columns the targets:
// {targets}.
#pragma once

#include <array>

namespace rung::chip {{

inline constexpr int kCodeProcessors = {count};
using CodeTable = std::array<std::array<int, kCodeProcessors>, {parts}>;

// clang-format off
{code}
{stack}
// clang-format on

}}  // namespace rung::chip
"""

if __name__ == "__main__":
    main()
