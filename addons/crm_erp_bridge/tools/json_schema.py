"""The part of JSON Schema 2020-12 that the published schemas use, so that what is published is what is checked.

Supported: type, enum, required, properties, additionalProperties (false), minProperties, items, maxItems, minLength,
maxLength, minimum, maximum, exclusiveMinimum and the format ``date``.
"""

import math
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: not isinstance(value, bool)
    and (isinstance(value, int) or (isinstance(value, float) and value.is_integer())),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value),
}


class Problem(NamedTuple):
    """What is wrong where.

    :ivar path: like ``lines[2].quantity``; empty for the payload itself
    :ivar rule: keyword of the schema that does not hold
    :ivar wanted: what it asks for
    """

    path: str
    rule: str
    wanted: Any


def problems(value: Any, schema: dict, path: str = "") -> Iterator[Problem]:
    """All violations of a schema, outermost first.

    >>> list(problems({"a": 0}, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}))
    [Problem(path='b', rule='required', wanted=True), Problem(path='a', rule='type', wanted='string')]
    """
    if (kind := schema.get("type")) and not TYPES[kind](value):
        yield Problem(path, "type", kind)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield Problem(path, "enum", schema["enum"])
    if isinstance(value, dict):
        yield from _object_problems(value, schema, path)
    elif isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            yield Problem(path, "maxItems", schema["maxItems"])
        for number, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), f"{path}[{number}]")
    elif isinstance(value, str):
        yield from _string_problems(value, schema, path)
    elif not isinstance(value, bool):
        yield from _number_problems(value, schema, path)


def _object_problems(value, schema, path):
    prefix = f"{path}." if path else ""
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Problem(prefix + name, "required", True)
    if len(value) < schema.get("minProperties", 0):
        yield Problem(path, "minProperties", schema["minProperties"])
    for name, item in value.items():
        if name in known:
            yield from problems(item, known[name], prefix + name)
        elif schema.get("additionalProperties") is False:
            yield Problem(f"{prefix}{str(name)[:64]}", "additionalProperties", False)


def _string_problems(value, schema, path):
    if "\x00" in value:
        yield Problem(path, "characters", None)
    if len(value.strip()) < schema.get("minLength", 0):
        yield Problem(path, "minLength", schema["minLength"])
    if len(value) > schema.get("maxLength", len(value)):
        yield Problem(path, "maxLength", schema["maxLength"])
    if schema.get("format") == "date" and not is_date(value):
        yield Problem(path, "format", "date")


def _number_problems(value, schema, path):
    if "minimum" in schema and value < schema["minimum"]:
        yield Problem(path, "minimum", schema["minimum"])
    if "maximum" in schema and value > schema["maximum"]:
        yield Problem(path, "maximum", schema["maximum"])
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield Problem(path, "exclusiveMinimum", schema["exclusiveMinimum"])


def is_date(text: str) -> bool:
    """
    >>> is_date("2026-02-28"), is_date("2026-02-30"), is_date("20260228")
    (True, False, False)
    """
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
