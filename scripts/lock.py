"""Resolves the dependencies of pyproject.toml into locks with hashes.

`python scripts/lock.py` writes them; with `--check` it exits with 1 when a lock was made of other
declarations than pyproject.toml holds now. That compares digests, so it needs no network.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = {
    "requirements.txt": ("build",),
    "requirements-tracing.txt": ("build", "tracing"),
    "requirements-dev.txt": ("build", "tracing", "dev"),
}
EXTRAS = ("tracing",)
RESOLVE = (
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"),
    # Without them pip asks the index for the newest of what is wanted with extras, and has no hash.
    "--no-strip-extras",
)


def declared(groups: tuple[str, ...]) -> str:
    """A digest of what pyproject.toml declares for a lock of these groups and extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = project["project"]["optional-dependencies"] | project["dependency-groups"]
    wanted = [
        project["project"]["requires-python"],
        sorted(project["project"]["dependencies"]),
        *(sorted(named[group]) for group in groups),
    ]
    return hashlib.sha256(json.dumps(wanted).encode()).hexdigest()


def first_line(groups: tuple[str, ...]) -> str:
    """What the lock begins with."""
    return f"# Made by `make lock`. Declarations: {declared(groups)}"


def resolve(groups: tuple[str, ...]) -> str:
    """The lock's text."""
    chosen = [
        option
        for group in groups
        for option in ("--extra" if group in EXTRAS else "--group", group)
    ]
    # All locks are resolved with all groups as constraints, so that they agree on versions.
    command = [*RESOLVE, "pyproject.toml", *chosen]
    if "dev" not in groups:
        command += ["--constraints", "requirements-dev.txt"]
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return f"{first_line(groups)}\n{done.stdout}"


def main() -> int:
    """Writes or checks the locks."""
    if "--check" in sys.argv:
        stale = [
            name
            for name, groups in LOCKS.items()
            if (ROOT / name).read_text("utf-8").split("\n", 1)[0] != first_line(groups)
        ]
        if stale:
            print(f"Stale: {', '.join(stale)}; run: make lock", file=sys.stderr)
        return 1 if stale else 0
    for name, groups in reversed(LOCKS.items()):
        (ROOT / name).write_text(resolve(groups), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
