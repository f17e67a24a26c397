"""The table of what the OpenID Foundation's modules try, and the tests that try it here."""

import ast
import itertools
import re
from pathlib import Path

HERE = Path(__file__).parent
GUIDE = (HERE.parents[1] / "docs/oauth.md").read_text("utf-8")
FOLLOWING = ("test_openid_modules.py", "test_openid_token_modules.py")


def followed() -> list[str]:
    """A row for each module, with the test that follows it and what is different there."""
    rows: list[str] = []
    tests = [ast.parse((HERE / name).read_text("utf-8")).body for name in FOLLOWING]
    for test in itertools.chain(*tests):
        if isinstance(test, ast.FunctionDef) and (told := ast.get_docstring(test)):
            modules, _, different = told.partition("\n\n")
            rest = f"| `{test.name}` | {' '.join(different.split())} |"
            if test.name.startswith("test_"):
                rows.extend(f"| `{module}` {rest}" for module in re.findall(r"[\w-]+", modules))
    return rows


def test_the_guide_lists_the_modules_that_tests_follow_and_claims_no_more() -> None:
    assert re.findall(r"^\| `[\w-]+` \| `test_.*", GUIDE, re.MULTILINE) == followed()
    assert "conformant" not in GUIDE.lower()
