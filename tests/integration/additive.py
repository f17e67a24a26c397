"""Reads a migration, and finds in it what the release before could not live with."""

import ast
import re
from collections.abc import Iterator

CONSTRAINTS = (
    *("create_unique_constraint", "create_check_constraint", "create_primary_key"),
    *("create_foreign_key", "create_exclude_constraint"),
)
NARROWING_SQL = re.compile(
    r"\b(DROP|RENAME|DELETE|TRUNCATE|ALTER|REVOKE|NOT\s+NULL|UNIQUE|CHECK|REPLACE)\b", re.IGNORECASE
)


def takes_away(source: str) -> list[str]:
    """What a step up takes from code that runs on the schema before it; an empty list is none.

    Everything but downgrade() is read, so that a step hides in no function of its own.
    """
    module = ast.parse(source)
    up = [
        node
        for node in module.body
        if not (isinstance(node, ast.FunctionDef) and node.name == "downgrade")
    ]
    calls = [node for part in up for node in ast.walk(part) if isinstance(node, ast.Call)]
    new = {_text(call.args[0]) for call in calls if _name(call) == "create_table" and call.args}
    batches = _batches(up)
    return [
        f"line {call.lineno}: {fault}" for call in calls for fault in _faults(call, new, batches)
    ]


def _faults(call: ast.Call, new: set[str], batches: dict[str, str]) -> Iterator[str]:
    name = _name(call)
    if name.startswith("drop_") or name == "rename_table":
        yield f"{name} takes away what running code may use"
    elif name == "alter_column":
        yield from _altered(call)
    elif name == "execute":
        yield from _executed(call)
    elif _refuses_rows(name, call) and _table(call, batches) not in new:
        yield f"{name} refuses rows that running code may write"


def _refuses_rows(name: str, call: ast.Call) -> bool:
    if name == "add_column":
        return any(_is_required(column) for column in _columns(call))
    return name in CONSTRAINTS or (name == "create_index" and _is(call, "unique", True))


def _altered(call: ast.Call) -> Iterator[str]:
    given = {keyword.arg for keyword in call.keywords}
    if _is(call, "nullable", False):
        yield "alter_column refuses the empty values that running code writes"
    if given & {"new_column_name", "name"}:
        yield "alter_column takes the old name away"
    if "type_" in given:
        yield "alter_column changes the type that running code reads and writes"
    if _is(call, "server_default", None) or _is(call, "server_default", False):
        yield "alter_column takes a default away that running code relies on"


def _executed(call: ast.Call) -> Iterator[str]:
    texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
    sql = " ".join(text for text in texts if isinstance(text, str))
    if not sql:
        yield "execute runs what cannot be read here"
    elif NARROWING_SQL.search(sql):
        yield f"execute runs {sql!r}"


def _batches(nodes: list[ast.stmt]) -> dict[str, str]:
    """Which table each `with op.batch_alter_table(table) as name` is about."""
    return {
        item.optional_vars.id: _text(item.context_expr.args[0])
        for part in nodes
        for node in ast.walk(part)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name)
        and isinstance(item.context_expr, ast.Call)
        and item.context_expr.args
    }


def _table(call: ast.Call, batches: dict[str, str]) -> str:
    position = 0 if _name(call) == "add_column" else 1
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Name) and owner.id in batches:
        return batches[owner.id]
    return _text(call.args[position]) if len(call.args) > position else ""


def _columns(call: ast.Call) -> list[ast.Call]:
    return [arg for arg in call.args if isinstance(arg, ast.Call) and _name(arg) == "Column"]


def _is_required(column: ast.Call) -> bool:
    has_default = any(keyword.arg == "server_default" for keyword in column.keywords)
    required = _is(column, "nullable", False) or _is(column, "primary_key", True)
    return required and not has_default


def _is(call: ast.Call, keyword: str, value: object) -> bool:
    return any(
        given.arg == keyword
        and isinstance(given.value, ast.Constant)
        and given.value.value is value
        for given in call.keywords
    )


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""
