"""docs/performance.md and its chart, made of the results of the last whole run, and of notes.

`python -m bench.report` writes them again; with `--check` it exits with 1 if they are not of
these results.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench import profile
from bench.aims import AIMS, column
from bench.chart import Bar, drawn
from bench.profile import cells
from bench.scenarios import ALONE, SCENARIOS
from bench.subjects import SUBJECTS
from scripts.lock import ROOT

KINDS = ("SQLite", "PostgreSQL")
RESULTS = ROOT / "bench" / "results"
HEAD, NOTES = ROOT / "bench" / "head.md", ROOT / "bench" / "notes.md"
PAGE, CHART = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.svg"
Results = dict[str, Any]


def write(results: Results, *, is_whole: bool) -> None:
    """Keeps results, and renders the page if they are those of a whole run."""
    run = results["about"]["run"] if is_whole else "part"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{run}.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if is_whole:
        for path, text in rendered().items():
            path.write_text(text, "utf-8")


def rendered() -> dict[Path, str]:
    """The files, of the results of the last full run, or a quick one where there is none."""
    full, quick = RESULTS / "full.json", RESULTS / "quick.json"
    if not full.exists() and not quick.exists():
        sys.exit("There are no results of a whole run; run: make bench")
    results = json.loads((full if full.exists() else quick).read_text("utf-8"))
    return {PAGE: page(results), CHART: _chart(results["found"][KINDS[0]])}


def page(results: Results) -> str:
    """The page."""
    found = results["found"]
    parts = [
        _head(results["about"]),
        f"## Aims\n\n{aims_table(results)}",
        "## Requests per second, and processor time for each\n\n![Chart](performance.svg)",
        *(
            f"### On {kind}\n\n{_throughput(found[kind], results['about'])}"
            for kind in KINDS
            if kind in found
        ),
        f"## Token checks beside floods\n\n{_floods(found['floods'])}",
        f"## As users grow in number\n\n{_growth(found)}" if "growth" in found else "",
        f"## Starts and memory\n\n{_starts(found)}" if "starts" in found else "",
        f"## Where a token check's time goes\n\n{profile.table(found['profile'])}"
        if "profile" in found
        else "",
        NOTES.read_text("utf-8").rstrip() if NOTES.exists() else "",
    ]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def aims_table(results: Results) -> str:
    """Each aim that this run can judge, and what was seen."""
    found, rows = results["found"], []
    for aim in AIMS:
        if aim.was_run(found):
            bound = f"{'≥' if aim.is_least else '≤'} {aim.bound:g}{aim.unit}"
            seen = spread(aim.seen(found))
            by_time = spread(aim.by_time(found)) if aim.by_time else ""
            met = "met" if aim.is_met(found) else "**missed**"
            rows.append((aim.text, bound, seen, met, by_time))
    return cells(("", "aim", "seen", "", "by processor time"), rows)


def spread(values: Sequence[float]) -> str:
    """The median of some values, and between which they lie."""
    shown = [_number(value) for value in (median(values), min(values), max(values))]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _head(about: dict[str, Any]) -> str:
    own = ("python", "falcon", "gunicorn", "uvloop", "gunicorn-h1c")
    versions = ", ".join(f"{name} {about[name]}" for name in own)
    direct = {
        "flask": ("Flask", "Flask-HTTPAuth", "Flask-SQLAlchemy", "PyJWT", "gunicorn"),
        "fastapi_users": ("fastapi", "fastapi-users", "uvicorn"),
        "drf": ("Django", "djangorestframework", "djangorestframework_simplejwt", "gunicorn"),
    }
    peers = "; ".join(
        ", ".join(f"{name} {_version(about['peers'][peer], name)}" for name in names)
        for peer, names in direct.items()
    )
    return HEAD.read_text("utf-8").format(**{**about, "versions": versions, "peers": peers})


def _version(installed: dict[str, str], name: str) -> str:
    known = {key.lower().replace("_", "-"): value for key, value in installed.items()}
    return known[name.lower().replace("_", "-")]


def _throughput(found: Results, about: Results) -> str:
    rows = []
    for scenario in SCENARIOS:
        for name, samples in found.get(scenario.name, {}).items():
            lost = sum(each["refused"] + each["lost"] for each in samples)
            rows.append(
                (
                    scenario.title.replace("many", f"{about['tokens']:,}"),
                    "argon2 alone" if name == ALONE else SUBJECTS[name].title,
                    spread(column(samples, "rate")),
                    spread(column(samples, "cost")),
                    *(f"{median(column(samples, p)):.2f}" for p in ("p50", "p99")),
                    f"{lost:,}",
                )
            )
    heads = ("", "", "a second", "µs of processor", "p50, ms", "p99, ms", "not answered as asked")
    return cells(heads, rows)


def _floods(floods: Results) -> str:
    rows = [
        (
            SUBJECTS[name].title,
            case,
            spread(times["p50"]),
            spread(times["p99"]),
            spread(times["memory"]),
            ", ".join(f"{status}: {count:,}" for status, count in sorted(times["flood"].items())),
        )
        for name, cases in floods.items()
        for case, times in cases.items()
    ]
    heads = ("", "", "p50, ms", "p99, ms", "memory of all, MiB", "what the flood was answered")
    return cells(heads, rows)


def _growth(found: Results) -> str:
    titles = {"hot": "Token check", "user": "User by id", "log-in": "Log-in"}
    rows = [
        (kind, titles[scenario], f"{int(count):,}", *(spread(column(s, c)) for c in figures))
        for figures in [("cost", "rate", "p50")]
        for kind, scenarios in found["growth"].items()
        for scenario, counts in scenarios.items()
        for count, s in counts.items()
    ]
    heads = ("", "", "users", "µs of processor, database included", "a second", "p50, ms")
    return cells(heads, rows)


def _starts(found: Results) -> str:
    rows = [
        (SUBJECTS[name].title, *(spread(each[c]) for c in ("seconds", "memory", "all")))
        for name, each in found["starts"].items()
    ]
    heads = ("", "s to the first answer", "a worker's PSS, MiB", "PSS of all, MiB")
    return cells(heads, rows)


def _chart(found: Results) -> str:
    groups = []
    for scenario in SCENARIOS:
        bars = []
        for name, samples in found.get(scenario.name, {}).items():
            rates = column(samples, "rate")
            middle = median(rates)
            text = f"{middle:,.0f} a second"
            title = "argon2 alone" if name == ALONE else SUBJECTS[name].title
            bars.append(Bar(title, middle, min(rates), max(rates), text))
        if len(bars) > 1:
            groups.append((scenario.title, bars))
    return drawn("Requests per second, side by side", groups)


def main() -> int:
    """Writes or checks the page."""
    if "--check" not in sys.argv:
        for path, text in rendered().items():
            path.write_text(text, "utf-8")
        return 0
    stale = [
        path.name
        for path, text in rendered().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    if stale:
        print(f"Stale: {', '.join(stale)}; run: python -m bench.report", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
