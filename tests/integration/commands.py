"""The command line, called in this process."""

from click.testing import CliRunner, Result

from entrypoints.cli import main

USERS = (
    ["users", "disable", "susan"],
    ["users", "enable", "susan"],
    ["users", "unlock", "susan"],
    ["users", "show", "susan"],
    ["users", "set-password", "--generate", "susan"],
)
DELETION = ["users", "delete", "--yes", "susan"]
LISTING, CREATION = ["users", "list"], ["users", "create", "--generate", "susan"]
TRANSFER = (["users", "import", "app.sqlite"], ["users", "export"])
KEYS = (["keys", "list"], ["keys", "rotate"], ["keys", "retire", "kid"], ["keys", "rewrap"])
CLIENT_DELETION = ["clients", "delete", "--yes", "id"]
CLIENT = (["clients", "show", "id"], ["clients", "rotate-secret", "id"], CLIENT_DELETION)
CLIENTS = (["clients", "create", "Shop"], ["clients", "list"], *CLIENT)
AUDIT = (["audit", "list"], ["audit", "verify"])
ADMINISTRATION = [*USERS, DELETION, LISTING, CREATION, *TRANSFER, *CLIENTS, *KEYS, *AUDIT]
"""Every command that administers, once."""


def run(environment: dict[str, str], *words: str, typed: str | bytes = "") -> Result:
    """What came of `varvel` and these words."""
    return CliRunner().invoke(main, words, env=environment, input=typed)


def said(environment: dict[str, str], *words: str, typed: str = "") -> str:
    """What it says. Fails unless all went well."""
    result = run(environment, *words, typed=typed)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def refusal(environment: dict[str, str], *words: str) -> str:
    """The one sentence with which it is refused. Fails unless it is."""
    result = run(environment, *words)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert isinstance(result.exception, SystemExit)
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert line.endswith(".")
    return line.removeprefix("Error: ")
