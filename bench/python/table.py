"""The race's report as text: medians of the rounds; seconds also have the smallest and the largest in parentheses."""

BASE = "rung"  # what the others are compared with
QUIET = 0.1  # of a processor

# A figure, and whether the true one is larger, because the goal was not reached.
Figure = tuple[float, bool]


def text(contenders: dict[str, dict]) -> str:
    """`contenders` are those of the JSON, by name."""
    runs = {name: facts.get("runs", []) for name, facts in contenders.items()}
    goals = list(dict.fromkeys(goal for series in runs.values() for run in series for goal in run["seconds_to"]))
    rows = [header(goals)]
    rows += [row(name, series, runs.get(BASE, []), goals) for name, series in runs.items()]
    return "\n".join([*aligned(rows), "", *notes(contenders), *warnings(runs)])


def header(goals: list[str]) -> list[str]:
    titles = [title for goal in goals for title in (f"s to {goal} %", f"/ {BASE}")]
    return ["", *titles, "best %", "import s", "first epoch s", "peak MiB"]


def row(name: str, runs: list[dict], base: list[dict], goals: list[str]) -> list[str]:
    if not runs:
        return [name, *["-"] * (len(header(goals)) - 1)]
    times = [text for goal in goals for text in (seconds_cell(runs, goal), ratio_cell(runs, base, goal))]
    return [
        name,
        *times,
        figure_cell(runs, "best_accuracy", 2),
        figure_cell(runs, "import_seconds", 2),
        figure_cell(runs, "first_epoch_seconds", 2),
        figure_cell(runs, "peak_rss_mib", 0),
    ]


def figure_cell(runs: list[dict], name: str, decimals: int) -> str:
    return shown(median([(run[name], False) for run in runs]), decimals)


def seconds_cell(runs: list[dict], goal: str) -> str:
    return spread([seconds_to(goal, run) for run in runs], 1)


def ratio_cell(runs: list[dict], base: list[dict], goal: str) -> str:
    """Ratios are formed within a round; one in which Rung does not reach the goal has none."""
    ratios = []
    for run, base_run in zip(runs, base):
        (seconds, more), (base_seconds, base_more) = seconds_to(goal, run), seconds_to(goal, base_run)
        if not base_more:
            ratios.append((seconds / base_seconds, more))
    return shown(median(ratios), 1) if ratios else "-"


def seconds_to(goal: str, run: dict) -> Figure:
    reached = run["seconds_to"][goal]
    return (run["seconds"], True) if reached is None else (reached, False)


def spread(figures: list[Figure], decimals: int) -> str:
    ordered = in_order(figures)
    smallest, middle, largest = (shown(figure, decimals) for figure in (ordered[0], median(figures), ordered[-1]))
    return middle if smallest == largest else f"{middle} ({smallest} to {largest})"


def shown(figure: Figure, decimals: int) -> str:
    value, more = figure
    return f"{'>' if more else ''}{value:.{decimals}f}"


def median(figures: list[Figure]) -> Figure:
    ordered = in_order(figures)
    middle = ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
    return sum(value for value, _ in middle) / len(middle), any(more for _, more in middle)


def in_order(figures: list[Figure]) -> list[Figure]:
    return sorted(figures, key=lambda figure: (figure[1], figure[0]))


def aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join([first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(rest, widths[1:]))])
        for first, *rest in rows
    ]


def notes(contenders: dict[str, dict]) -> list[str]:
    """Which version each contender has, why it is missing, and how it failed."""
    lines = []
    for name, facts in contenders.items():
        known = [run["version"] for run in facts.get("runs", [])[:1]]
        known += [f"{what}: {facts[what]}" for what in ("missing", "failed") if what in facts]
        lines.append(f"{name}: {'; '.join(known)}")
    return lines


def warnings(runs: dict[str, list[dict]]) -> list[str]:
    """Threads that wait for each other suffer most from other programs, and no median removes that."""
    others = [(run["others"], False) for series in runs.values() for run in series]
    if max(others, default=(0, False))[0] < QUIET:
        return []
    busy = spread(others, 2)
    return ["", f"WARNING: other programs kept {busy} processors busy meanwhile. Repeat this on a quiet machine."]
