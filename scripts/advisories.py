"""Asks which of the locked distributions are known to be vulnerable, by pip-audit.

Exits with 0 when none is, with 1 when one is, and with 3 when nobody could be asked: that is no
pass. A service is believed once it has named the faults of a release that is known to have some,
since pip-audit passes over whatever a service does not know, and mirrors of an index know nothing.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Options = Sequence[str]

ROOT = Path(__file__).parent.parent
# The other lock is a part of it.
LOCK = ROOT / "requirements-dev.txt"
KNOWN = "jinja2==2.4.1"
SERVICES: dict[str, Options] = {
    "PyPI": ("--vulnerability-service", "pypi"),
    "OSV": ("--vulnerability-service", "osv"),
}
SECONDS = "15"
VULNERABLE, NOT_ASKED = 1, 3


class NotAsked(Exception):
    """The service did not answer for all; the text says why."""


def asked(service: Options, requirements: Path, *options: str) -> list[dict[str, Any]]:
    """What a service says of each distribution, with its `vulns`. Raises NotAsked."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), *options]
    command += [*service, "--disable-pip", "--timeout", SECONDS]
    command += ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answers: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError) as error:
        lines = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        raise NotAsked(lines[-1]) from error
    skipped = [answer["skip_reason"] for answer in answers if "skip_reason" in answer]
    if skipped or not answers:
        raise NotAsked(f"{len(skipped)} of {len(answers)} passed over: {skipped[:1]}")
    return answers


def asked_for_all(service: Options) -> list[dict[str, Any]]:
    """What the service says of everything that is locked. Raises NotAsked."""
    with tempfile.TemporaryDirectory() as directory:
        known = Path(directory, "known.txt")
        known.write_text(KNOWN, "utf-8")
        if not any(answer["vulns"] for answer in asked(service, known, "--no-deps")):
            raise NotAsked(f"it does not know that {KNOWN} is vulnerable")
    return asked(service, LOCK, "--require-hashes")


def report(answers: list[dict[str, Any]]) -> int:
    """Prints what was found; says by the exit code whether it is nothing."""
    vulnerable = [answer for answer in answers if answer["vulns"]]
    for answer in vulnerable:
        for fault in answer["vulns"]:
            mended = ", ".join(fault["fix_versions"]) or "no release yet"
            print(f"{answer['name']} {answer['version']}: {fault['id']}, mended in {mended}")
    print(f"advisories: asked for {len(answers)} distributions, vulnerable {len(vulnerable)}")
    return VULNERABLE if vulnerable else 0


def main(services: Mapping[str, Options] = SERVICES) -> int:
    """Asks one service after the other until one answers."""
    reasons = []
    for name, options in services.items():
        try:
            return report(asked_for_all(options))
        except NotAsked as reason:
            reasons.append(f"{name}: {reason}")
    print(f"advisories: not run, since nobody answers; {'; '.join(reasons)}", file=sys.stderr)
    return NOT_ASKED


if __name__ == "__main__":
    sys.exit(main())
