"""Write the reference of tables and rules when the documentation is built: nothing generated is committed."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from karvan.case import schemas
from karvan.case.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from karvan.case import Field, TableSchema

PAGE = "reference/tables.md"
#: Names of problems are words joined by hyphens; `…` stands where the code fills in a name.
PROBLEM_NAME = re.compile(r"[a-z]+(-[a-z0-9…]+)+")
#: Names of encodings, which look the same.
NO_PROBLEMS = {"utf-8", "utf-8-sig"}

#: Columns that mean the same in every table of facts.
SHARED = tuple(schemas()["node"].fields[-3:])

INTRO = """# Tables and rules

Written from the schema files and the registry of rules when this documentation was built.

A cell is text. Numbers are plain numbers; `true` and `false` are the two values of a `bool`; items of a `list` are separated
by semicolons; a `date` is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as precise as it is known; an `id` is made of letters, digits,
`_`, `.` and `-`; a `country` is an ISO 3166 alpha-3 code, a `currency` an ISO 4217 code. A blank number is not zero: it
is not known. The column *blank* says whether a cell may be blank, and what it then means where it has a default.

Every table of facts ends with the same three columns:

"""
RULES_INTRO = """## Rules

Named checks across rows and tables. `karvan check` runs all of them. The second column has the names of the problems that a
rule finds; they stand in `rule` of `karvan check --json`.

"""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the page to those that mkdocs builds."""
    files.append(File.generated(config, PAGE, content=page()))
    return files


def page() -> str:
    """Return the reference page."""
    tables = "".join(_table(schema) for schema in schemas().values())
    rules = _markdown(["rule", "problems"], [[f"`{name}`", _listed(_problems(rule))] for name, rule in RULES.items()])
    cells = f"Problems of single files and cells: {_listed(_reading_problems())}.\n"
    return INTRO + _columns(SHARED) + tables + RULES_INTRO + rules + cells


def _table(schema: TableSchema) -> str:
    need = "A case must have it." if schema.required else "A case may have it."
    own = [field for field in schema.fields if field not in SHARED]
    last = f"Then {_listed([field.name for field in schema.fields if field in SHARED])}.\n\n"
    return (
        f"## {schema.name}\n\n`{schema.file}`. {need}\n\n"
        + _columns(own)
        + (last if len(own) < len(schema.fields) else "")
    )


def _columns(fields: Sequence[Field]) -> str:
    rows = [[f"`{field.name}`", _type(field), _need(field), field.description] for field in fields]
    return _markdown(["column", "type", "blank", "what it says"], rows)


def _type(field: Field) -> str:
    if field.choices:
        return " or ".join(f"`{choice}`" for choice in field.choices)
    table, _, _ = field.references.partition(".")
    unit = f", {field.unit}" if field.unit else ""
    ends = [f"{end:,.10g}" for end in (field.minimum, field.maximum) if end is not None]
    bounds = f", {' to '.join(ends)}" if len(ends) > 1 else f", from {ends[0]}" if ends else ""
    bounds = bounds.replace(", ", ", above ", 1) if field.above_minimum else bounds
    return (f"{field.type} of [{table}](#{table})" if table else field.type) + unit + bounds


def _need(field: Field) -> str:
    if field.required:
        return "never"
    return f"`{field.default}`" if field.default else "may be"


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n\n"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _problems(rule: Callable[..., object]) -> list[str]:
    """Return the names of the problems in a rule and in the functions of its module that it calls."""
    tree = ast.parse(inspect.getsource(sys.modules[rule.__module__]))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found: dict[str, None] = {}
    seen, waiting = set(), [rule.__name__]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        body = functions[name].body
        found |= dict.fromkeys(_names(body))
        called = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
        waiting += sorted((called & functions.keys()) - seen)
    return sorted(found)


def _reading_problems() -> list[str]:
    modules = [sys.modules[f"karvan.case.{name}"] for name in ("cells", "config", "reading")]
    return sorted({name for module in modules for name in _names(ast.parse(inspect.getsource(module)).body)})


def _names(body: list[ast.stmt]) -> list[str]:
    texts = []
    for part in body:
        inside = {id(value) for node in ast.walk(part) if isinstance(node, ast.JoinedStr) for value in node.values}
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
                texts.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                texts.append("".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values))
    return [text for text in texts if PROBLEM_NAME.fullmatch(text) and text not in NO_PROBLEMS]
