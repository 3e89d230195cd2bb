"""Runs another program to its end and collects the JSON object that it prints; bench/child.h in Python."""

import json
import os
import resource
import subprocess
import time
from pathlib import Path


class ChildError(Exception):
    """The program could not be started, failed, took too long, or printed something unexpected; one line."""


def run_json_child(command: list[str], limit: float) -> dict:
    """What it printed, with "wall_seconds" and "others": how many processors other programs kept busy meanwhile."""
    began, busy, used = time.monotonic(), busy_seconds(), children_seconds()
    text = output(command, limit)
    seconds = time.monotonic() - began
    others = max(0.0, busy_seconds() - busy - (children_seconds() - used)) / seconds
    try:
        return {**json.loads(text), "wall_seconds": seconds, "others": others}
    except (ValueError, TypeError):
        raise ChildError("it did not print a JSON object") from None


def output(command: list[str], limit: float) -> str:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit)
    except OSError as error:
        raise ChildError(f"{command[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ChildError(f"it took longer than {limit:g} s") from None
    if done.returncode != 0:
        last_line = done.stderr.strip().rpartition("\n")[2]
        raise ChildError(f"exit code {done.returncode}: {last_line}")
    return done.stdout


def busy_seconds() -> float:
    """Processor time that all programs used since the machine started: /proc/stat without idle and iowait."""
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    return sum(int(ticks) for ticks in fields[:3] + fields[5:]) / os.sysconf("SC_CLK_TCK")


def children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
