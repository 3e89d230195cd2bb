#!/usr/bin/env python3
"""Runs clang-tidy on every .cc of src/ and apps/, and of python/, bench/ and fuzz/ if they are built:
tidy_check.py <source folder> <build folder>

Most of clang-tidy's time goes into headers, so the files of a folder of src/ are checked several at a time, as one
file that includes them. Where that does not compile (two files have a name for themselves), each half is checked by
itself. What passed is checked again only after a file in it, one of our headers that these include, or the settings
change. Kernels, which Highway includes in themselves, are checked alone, and for one SIMD target: the source is the
same, and it takes a third of the time. (Files that include torch's headers are left out: those are full of findings.)
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

SKIP = 77
TOGETHER = 12  # files

tidy = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
if tidy is None:
    print("clang-tidy is missing")
    sys.exit(SKIP)
version = int(re.search(r"version (\d+)", subprocess.check_output([tidy, "--version"], text=True))[1])
if version < 14:
    print(f"clang-tidy 14 or newer is needed; this is {version}")
    sys.exit(SKIP)

source = pathlib.Path(sys.argv[1]).resolve()
build = pathlib.Path(sys.argv[2]).resolve()
passed = build / "clang-tidy-passed"
work = passed / "batches"
work.mkdir(parents=True, exist_ok=True)


def commands():
    """By file of ours: its compile command, without the file and what it makes."""
    result = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(source) or file.relative_to(source).parts[0] not in ("src", "apps", "python", "bench", "fuzz"):
            continue
        text = file.read_text()
        if file.suffix == ".cc" and "#include <torch/" not in text:
            command = re.sub(r" -o \S+| -c \S+", "", entry["command"])
            alone = "hwy/foreach_target.h" in text or not file.is_relative_to(source / "src")
            result[file] = (command, alone)
    return result


def headers():
    """By file: the files of ours that it reads, as the last build recorded them."""
    result, reads = {}, []
    for line in subprocess.check_output(["ninja", "-C", str(build), "-t", "deps"], text=True).splitlines():
        if "#deps" in line:
            reads = []
        elif line.strip().startswith(str(source)):
            reads.append(line.strip())
            result[pathlib.Path(reads[0])] = reads
    return result


def batches(files):
    """Lists of files that are checked together."""
    alike = {}
    for file in sorted(files):
        command, alone = files[file]
        alike.setdefault(file if alone else (command, file.parent), []).append(file)
    for group in alike.values():
        yield from (group[i : i + TOGETHER] for i in range(0, len(group), TOGETHER))


def run(files, command):
    """clang-tidy's exit status and report for these files as one."""
    name = hashlib.sha256("".join(map(str, files)).encode()).hexdigest()[:16]
    folder = work / name
    folder.mkdir(exist_ok=True)
    file = files[0] if len(files) == 1 else folder / "batch.cc"
    if len(files) > 1:
        file.write_text("".join(f'#include "{each}"  // NOLINT(bugprone-suspicious-include)\n' for each in files))
    database = [{"directory": str(build), "file": str(file), "command": f"{command} -c {file}"}]
    (folder / "compile_commands.json").write_text(json.dumps(database))
    result = subprocess.run(
        # clang may not know the warning options of the build's compiler.
        [tidy, "-p", folder, "--quiet", f"--config-file={source}/.clang-tidy", file,
         "--extra-arg-before=-Wno-unknown-warning-option", "--extra-arg=-DHWY_COMPILE_ONLY_STATIC"],
        capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def check(files, command, reads):
    """The report; empty if there is nothing to say."""
    verdict = hashlib.sha256(f"{version}\n{command}\n".encode())
    everything = {str(read) for file in files for read in [file, *reads.get(file, [])]}
    for path in sorted(everything | {str(source / ".clang-tidy")}):
        verdict.update(pathlib.Path(path).read_bytes())
    stamp = passed / verdict.hexdigest()
    if stamp.exists():
        return ""
    status, report = run(files, command)
    if status != 0 and len(files) > 1 and "clang-diagnostic-error" in report:
        middle = len(files) // 2
        return check(files[:middle], command, reads) + check(files[middle:], command, reads)
    if status != 0:
        return report
    stamp.touch()
    return ""


all_files = commands()
all_reads = headers()
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    work_items = list(batches(all_files))
    work_items.sort(key=len, reverse=True)  # the longest first
    reports = list(pool.map(lambda files: check(files, all_files[files[0]][0], all_reads), work_items))
print("".join(reports), end="")
sys.exit(1 if any(reports) else 0)
