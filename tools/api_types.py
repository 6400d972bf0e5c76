"""Write web/src/api/types.ts, the types of the app's answers, from what the server says of itself (OpenAPI).

A test holds the file to it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TYPES = ROOT / "web" / "src" / "api" / "types.ts"
HEADER = "// Written by tools/api_types.py; do not edit.\n"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def types_text() -> str:
    """Return the types of the textbook case's app: every case has the same."""
    from karvan.app.server import make_app  # noqa: PLC0415 - heavy
    from karvan.case import open_case  # noqa: PLC0415

    spec = make_app(open_case("textbook")).openapi()
    schemas: dict[str, Any] = spec["components"]["schemas"]
    parts = [HEADER]
    for name in sorted(schemas):
        if name in ("HTTPValidationError", "ValidationError"):
            continue
        fields = schemas[name].get("properties", {})
        lines = [f"  {field}: {type_of(schema)};" for field, schema in fields.items()]
        parts.append("\n".join([f"export interface {name} {{", *lines, "}\n"]))
    parts.append("/** What each address answers with. */\nexport interface Answers {")
    for path, verbs in sorted(spec["paths"].items()):
        for verb, operation in sorted(verbs.items()):
            content = operation["responses"]["200"].get("content", {}).get("application/json")
            if content and content["schema"]:
                parts.append(f'  "{verb} {path}": {type_of(content["schema"])};')
    return "\n".join([*parts, "}\n"])


def type_of(schema: dict[str, Any]) -> str:
    """Return the type of a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", maxsplit=1)[-1]
    choices = schema.get("anyOf") or [{"const": value} for value in schema.get("enum", ())]
    if choices:
        return " | ".join(dict.fromkeys(type_of(part) for part in choices))
    if "const" in schema:
        return f'"{schema["const"]}"'
    kind = str(schema.get("type"))
    return _of_many(schema) if kind in ("array", "object") else PLAIN.get(kind, "unknown")


def _of_many(schema: dict[str, Any]) -> str:
    """Return the type of a list, or of an object with whatever keys."""
    if schema["type"] == "object":
        inside = schema.get("additionalProperties")
        return f"Record<string, {type_of(inside) if isinstance(inside, dict) else 'unknown'}>"
    if "prefixItems" in schema:
        return f"[{', '.join(type_of(item) for item in schema['prefixItems'])}]"
    inner = type_of(schema.get("items", {}))
    return f"{inner}[]" if re.fullmatch(r"[\w\[\]]+", inner) else f"({inner})[]"


def main() -> None:
    """Write the file."""
    TYPES.parent.mkdir(parents=True, exist_ok=True)
    TYPES.write_text(types_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
