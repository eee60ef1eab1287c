"""Was every operation that needs the log of accesses asked while the log took nothing?"""
from .world import Failure


def fits(pattern, path):
    """How well: a rank for each segment, 0 for the same words, 1 for a name; None when it is another path."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    ranks = [0 if one == other else 1 if one.startswith(":") and other else None for one, other in zip(wanted, given)]
    return None if None in ranks else ranks


def operation_of(all_operations, method, path):
    """As the router finds it: words before names, from the left."""
    found = [(fits(one["path"], path), one["path"]) for one in all_operations if one["method"] == method]
    found = [one for one in found if one[0] is not None]
    return (method, min(found)[1]) if found else None


def check(all_operations, asked):
    refused = set()
    for method, path, status in asked:
        operation = operation_of(all_operations, method, path)
        if status == 503 and operation:
            refused.add(operation)
    missing = [f"{one['method']} {one['path']}" for one in all_operations if one["logged"] and (one["method"], one["path"]) not in refused]
    if missing:
        raise Failure("not asked, or not refused with 503, while the log took nothing:\n" + "\n".join(missing))
