"""The race to 98 and 99 % on MNIST: runs the contenders in turn, prints a table, and writes every figure as JSON.

The contenders are read from a file of lines with tabs, `NAME run PROGRAM ARGUMENT...` or `NAME missing REASON`;
bench/run writes it.
"""

import argparse
import json
import os
import platform
import sys
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import table
from child import ChildError, run_json_child


@dataclass
class Contender:
    name: str
    command: list[str]
    missing: str = ""  # why it cannot run here; empty if it has a command
    error: str = ""  # why it failed; it does not run again then
    runs: list[dict] = field(default_factory=list)


def main() -> None:
    options = parsed_options()
    contenders = read_contenders(options)
    report = header(options)
    for number in range(1, options.rounds + 1):
        for contender in contenders:
            run_once(contender, number, options)
    report["contenders"] = {contender.name: to_json(contender) for contender in contenders}
    options.out.write_text(json.dumps(report, indent=2) + "\n")
    print(table.text(report["contenders"]))
    sys.exit(any(contender.error for contender in contenders if contender.name == table.BASE))


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run python", description="Seconds to 98 and 99 % on MNIST")
    parser.add_argument("--contenders", type=Path, required=True, help="file that lists the contenders")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cap", type=float, default=240, help="seconds after which a contender gives up")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, default=Path("bench_python.json"), help="file for the JSON")
    parser.add_argument("--commit", default="", help="which source was built, for the JSON")
    parser.add_argument("--quick", action="store_true", help="a quick look: 1 round, 60 s at most for each")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.cap = 1, 60
    if not 1 <= options.threads <= len(os.sched_getaffinity(0)) or options.rounds < 1:
        parser.error("--rounds is 1 or more, and --threads 1 to the number of cores")
    return options


def read_contenders(options: argparse.Namespace) -> list[Contender]:
    cores = sorted(os.sched_getaffinity(0))[: options.threads]
    limit = ["taskset", "--cpu-list", ",".join(map(str, cores))]
    settings = ["--threads", str(options.threads), "--cap", f"{options.cap:g}"]
    contenders = []
    for line in options.contenders.read_text().splitlines():
        name, kind, *rest = line.split("\t")
        if kind == "missing":
            contenders.append(Contender(name, [], missing=rest[0]))
        else:
            contenders.append(Contender(name, [*limit, *rest, *settings]))
    return contenders


def header(options: argparse.Namespace) -> dict:
    return {
        "date": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "commit": options.commit,
        "machine": describe_machine(),
        "settings": {"rounds": options.rounds, "cap": options.cap, "threads": options.threads},
    }


def describe_machine() -> dict:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].partition(": ")[2] if models else "unknown",
        "hardware_threads": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def run_once(contender: Contender, number: int, options: argparse.Namespace) -> None:
    """One round, whose number is the seed. Evaluating, which is not counted, may take as long as training."""
    if contender.missing or contender.error:
        return
    print(f"round {number} of {options.rounds}: {contender.name}", end=" ", file=sys.stderr, flush=True)
    try:
        run = run_json_child([*contender.command, "--seed", str(number)], 2 * options.cap + 60)
        contender.runs.append(run)
        print(outcome(run), file=sys.stderr)
    except ChildError as error:
        contender.error = str(error)
        print(f"failed: {error}", file=sys.stderr)


def outcome(run: dict) -> str:
    reached = [f"{goal} % after {seconds:.1f} s" for goal, seconds in run["seconds_to"].items() if seconds is not None]
    return ", ".join([*reached, f"best {run['best_accuracy']:.2f} % in {run['seconds']:.1f} s"])


def to_json(contender: Contender) -> dict:
    if contender.missing:
        return {"missing": contender.missing}
    failed = {"failed": contender.error} if contender.error else {}
    return {"command": contender.command, **failed, "runs": contender.runs}


if __name__ == "__main__":
    main()
