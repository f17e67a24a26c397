"""Long runs: left out of a run unless it asks for them, and counted aloud.

A plugin rather than a conftest, so that it sees long runs wherever they are.
"""

from collections.abc import Sequence

import pytest

ASKED = pytest.StashKey[dict[str, str]]()
"""For every long run asked for, why it did not run; the empty text if it did."""

FAILED = pytest.StashKey[set[str]]()
DONE = pytest.StashKey[dict[str, str]]()

NOT_REACHED = "the run ended before its turn"
DESELECTED = "deselected by -k or -m"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    long_runs = [item for item in items if item.get_closest_marker("torture")]
    if not config.option.markexpr:
        items[:] = [item for item in items if item not in long_runs]
        config.hook.pytest_deselected(items=long_runs)
        return
    config.stash[ASKED] = {item.nodeid: NOT_REACHED for item in long_runs}
    config.pluginmanager.register(Count(config), "torture-count")


class Count:
    """Follows what becomes of each long run."""

    def __init__(self, config: pytest.Config) -> None:
        self._not_run = config.stash[ASKED]
        self._failed = config.stash[FAILED] = set()
        self._done = config.stash[DONE] = {}

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        for item in items:
            if item.nodeid in self._not_run:
                self._not_run[item.nodeid] = DESELECTED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid
        if name not in self._not_run:
            return
        if report.when == "call" and not report.skipped:
            self._not_run[name] = ""
            counted = [str(value) for key, value in report.user_properties if key == "done"]
            self._done[name] = ", ".join(counted)
        elif report.when == "setup" and not report.passed:
            self._not_run[name] = f"its preparation {report.outcome}: {_last_line(report)}"
        elif report.skipped:
            self._not_run[name] = f"skipped: {_last_line(report)}"
        if report.failed and not self._not_run[name]:
            self._failed.add(name)


def _last_line(report: pytest.TestReport) -> str:
    lines = report.longreprtext.strip().splitlines()
    return lines[-1].strip() if lines else "no reason given"


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if all(reason == DESELECTED for reason in config.stash.get(ASKED, {}).values()):
        return
    asked, failed, done = config.stash[ASKED], config.stash[FAILED], config.stash[DONE]
    not_run = {name: reason for name, reason in asked.items() if reason}
    write = terminalreporter.write_line
    for name, counted in done.items():
        write(f"{'failed' if name in failed else 'passed'}  {name.partition('::')[2]}: {counted}")
    write(
        f"torture: asked {len(asked)}, done {len(done)}, failed {len(failed)}, "
        f"not run {len(not_run)}"
    )
    for name, reason in not_run.items():
        write(f"not run  {name}: {reason}")
