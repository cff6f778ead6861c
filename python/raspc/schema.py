"""The form of raspc.json as raspc publishes it, and a map held against it: the parts of JSON Schema that it uses."""

import json
from pathlib import Path
from typing import Any

_KINDS: "dict[str, tuple[type, ...]]" = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_WORDS = {"object": "an object", "array": "a list", "string": "a text", "number": "a number", "integer": "a whole number", "boolean": "true or false"}


def map_schema() -> "dict[str, Any]":
    found: "dict[str, Any]" = json.loads(Path(__file__).with_name("raspc-map.schema.json").read_text(encoding="utf-8"))
    return found


def fault(value: Any, schema: "dict[str, Any]", at: str = "") -> "str | None":
    """The first thing that is not of the schema's form, in words; None where everything is."""
    place = f"`{at}`" if at else "it"
    if "anyOf" in schema:
        return None if any(fault(value, each, at) is None for each in schema["anyOf"]) else f"{place} is {_shown(value)}"
    if "const" in schema or "enum" in schema:
        known = schema.get("enum", [schema.get("const")])
        return None if any(value == each and type(value) is type(each) for each in known) else f"{place} is {_shown(value)}, not {_listed(known)}"
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(_is(value, kind) for kind in kinds):
        return f"{place} is {_shown(value)}, not {' or '.join(_words(kind) for kind in kinds)}"
    if isinstance(value, dict):
        missing = next((name for name in schema.get("required", []) if name not in value), None)
        if missing is not None:
            return f"{place} has no `{missing}`"
        inner = [(value[name], part, f"{at}.{name}" if at else name) for name, part in schema.get("properties", {}).items() if name in value]
    elif isinstance(value, list) and "items" in schema:
        inner = [(each, schema["items"], f"{at}[{i}]") for i, each in enumerate(value)]
    else:
        least, most = (schema.get(name) if isinstance(value, int | float) else None for name in ("minimum", "maximum"))
        beyond = (least is not None and value < least) or (most is not None and value > most)
        return f"{place} is {_shown(value)}" if beyond else None
    return next((found for found in (fault(*each) for each in inner) if found is not None), None)


def _is(value: Any, kind: str) -> bool:
    # true and false are no numbers; 1.0 is a whole one
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS[kind]) or (kind == "integer" and isinstance(value, float) and value.is_integer())


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _listed(values: "list[Any]") -> str:
    return " or ".join(json.dumps(each) for each in values)


def _words(kind: str) -> str:
    return _WORDS.get(kind, kind)
