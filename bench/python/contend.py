"""One contender of the race: trains on MNIST and prints, as JSON, when it first had 98 and 99 % right.

contend.py NAME --threads N; contenders/NAME.py is what trains. NAME's threads must also be limited to as many cores
(taskset), because some libraries start a thread for each core that they may use. compare.py does that.
"""

import argparse
import importlib
import json
import os
import sys
import traceback
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "peers"))

import mnist
import peer
from race import Race


def main() -> None:
    """Runs the contender. The last line of a failure says why."""
    options = parsed_options()
    try:
        figures = run(options)
    except Exception as error:
        traceback.print_exc()
        sys.exit(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")
    print(json.dumps(figures))


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = sorted(file.stem for file in Path(__file__).with_name("contenders").glob("*.py"))
    parser.add_argument("name", choices=names)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cap", type=float, default=240, help="stop after so many seconds")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RUNG_DATA", "data")) / "mnist")
    return parser.parse_args()


def run(options: argparse.Namespace) -> dict:
    contender = importlib.import_module(f"contenders.{options.name}")
    imported = peer.seconds_since_process_start()
    images, labels = mnist.load(options.data, "train")
    race = Race(*mnist.load(options.data, "t10k"), options.cap)
    contender.train(images, labels, race.after_epoch, options.threads, options.seed)
    return {
        "version": contender.VERSION,
        "threads": options.threads,
        "seed": options.seed,
        "import_seconds": imported,
        **race.figures(),
        "peak_rss_mib": peer.peak_resident_mib(),
    }


if __name__ == "__main__":
    main()
