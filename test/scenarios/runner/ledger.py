"""Reads the entries of a role's log from its files, whatever frames them: each is one JSON object."""
import json

from .jsonpath import shown


def entries(folder):
    found = []
    for path in sorted(folder.rglob("*")):
        # Not the store's own files: those of the hub hold what other logs say.
        if path.is_file() and path.relative_to(folder).parts[0] == "log":
            found += entries_of(path.read_bytes())
    return found


def entries_of(data):
    decoder = json.JSONDecoder()
    text = data.decode("utf-8", errors="replace")
    found, place = [], 0
    while (place := text.find('{"', place)) >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except ValueError:
            place += 1
            continue
        if isinstance(value, dict) and "action" in value:
            found.append(value)
        place = end
    return found


def texts(node):
    """Every value in lists of lists, as text."""
    if isinstance(node, list):
        return [text for item in node for text in texts(item)]
    return [shown(node)]
