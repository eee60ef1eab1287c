"""Paths into JSON, flattened as in FHIRPath: `entry.resource.id` gives the id of every entry.

    entry[0].resource.id                       the first entry only
    entry[search.mode=outcome].resource.issue  entries whose search.mode is "outcome"
    extension[url=urn:x].valueString           the value may hold dots
    $                                          the whole document
"""
import re

PART = re.compile(r"([^.\[\]]+)((?:\[[^\]]*\])*)(?:\.|$)")


def values(document, path):
    nodes = [document]
    if path == "$":
        return nodes
    place = 0
    while place < len(path):
        match = PART.match(path, place)
        if not match:
            raise ValueError(f"cannot read the path {path!r} at {path[place:]!r}")
        place = match.end()
        nodes = [item for node in nodes for item in members(node, match.group(1))]
        for selector in re.findall(r"\[([^\]]*)\]", match.group(2)):
            nodes = select(nodes, selector)
    return nodes


def members(node, name):
    if not isinstance(node, dict) or name not in node:
        return []
    value = node[name]
    return value if isinstance(value, list) else [value]


def select(nodes, selector):
    if re.fullmatch(r"-?\d+", selector):
        place = int(selector)
        return [nodes[place]] if -len(nodes) <= place < len(nodes) else []
    if selector == "*":
        return nodes
    path, equals, wanted = selector.partition("=")
    if not equals:
        return [node for node in nodes if values(node, path)]
    return [node for node in nodes if any(shown(value) == wanted for value in values(node, path))]


def shown(value):
    """A value as a scenario writes it: strings bare, the rest as JSON."""
    if isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        import json
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)
