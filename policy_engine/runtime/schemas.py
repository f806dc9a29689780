"""JSON Schemas that would silently check nothing are refused when they are loaded.

JSON Schema ignores words that it does not know, treats `format` as a remark, and resolves
references only when they are met. Here a schema stands by itself, in draft 2020-12, and every word
of it does something. Source: JSON Schema 2020-12, Core and Validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policy_engine.foundation.suggest import nearest
from policy_engine.values.patterns import InvalidPattern, compiled

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SCHEMA_WORDS = """
    additionalProperties contains else if items not propertyNames then unevaluatedItems
    unevaluatedProperties
"""
_OTHER_WORDS = """
    $anchor $comment $id $ref $schema const default dependentRequired deprecated description
    enum examples exclusiveMaximum exclusiveMinimum maxContains maxItems maxLength
    maxProperties maximum minContains minItems minLength minProperties minimum multipleOf
    pattern readOnly required title type uniqueItems writeOnly
"""

_SCHEMA = frozenset(_SCHEMA_WORDS.split())
_SCHEMA_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_SCHEMA_MAPS = frozenset(("$defs", "dependentSchemas", "patternProperties", "properties"))
_WORDS = frozenset(_OTHER_WORDS.split())
_KNOWN = _SCHEMA | _SCHEMA_LISTS | _SCHEMA_MAPS | _WORDS


def problems(schema: object) -> Iterator[str]:
    """What would make a schema check less than it says."""
    if isinstance(schema, Mapping) and schema.get("$schema", DIALECT).rstrip("#") != DIALECT:
        yield f"only draft 2020-12 is read: {DIALECT}"
    nodes = list(_subschemas(schema))
    anchors = {node.get("$anchor") for node in nodes}
    for node in nodes:
        yield from _words(node)
        yield from _patterns(node)
        yield from _reference(node, schema, anchors)


def _subschemas(schema: object) -> Iterator[Mapping[str, object]]:
    """Every schema inside a schema, itself first."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping):
            continue
        yield node
        for word, value in node.items():
            if word in _SCHEMA:
                waiting.append(value)
            elif word in _SCHEMA_LISTS and isinstance(value, list):
                waiting.extend(value)
            elif word in _SCHEMA_MAPS and isinstance(value, Mapping):
                waiting.extend(value.values())


def _words(node: Mapping[str, object]) -> Iterator[str]:
    for word in node:
        if word == "format":
            yield "`format` checks nothing by the standard; write a `pattern`"
        elif word not in _KNOWN:
            near = nearest(word, _KNOWN)
            yield f"`{word}` is no word of JSON Schema" + (f"; `{near}`, perhaps?" if near else "")


def _patterns(node: Mapping[str, object]) -> Iterator[str]:
    by_name = node.get("patternProperties")
    found = [node.get("pattern"), *(by_name if isinstance(by_name, Mapping) else ())]
    for pattern in found:
        if isinstance(pattern, str):
            try:
                compiled(pattern)
            except InvalidPattern as error:
                yield f"the pattern `{pattern}` cannot be used: {error}"


def _reference(node: Mapping[str, object], schema: object, anchors: set[object]) -> Iterator[str]:
    reference = node.get("$ref")
    if reference is None:
        return
    if not isinstance(reference, str) or not reference.startswith("#"):
        yield f"`{reference}` refers outside of the schema"
    elif reference[1:] and not reference.startswith("#/"):
        if reference[1:] not in anchors:
            yield f"`{reference}` refers to nothing"
    elif not isinstance(_pointed_at(reference[1:], schema), (Mapping, bool)):
        yield f"`{reference}` refers to no schema"


def _pointed_at(pointer: str, schema: object) -> object:
    """What a JSON pointer (RFC 6901) leads to, or None."""
    found = schema
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found
