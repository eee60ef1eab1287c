"""Conditions on an answer."""
import json
import re

from . import jsonpath
from .world import Failure

COMPARE = re.compile(r"^(?P<path>.+?)\s+(?P<op>=|!=|~|!~|>=|<=|has|lacks)\s+(?P<value>.*)$")


def duration_s(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    if not match:
        raise Failure(f"cannot read {text!r} as a duration; write 800ms, 5s, 2m, 3h or 4d")
    return float(match.group(1)) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[match.group(2)]


def check(answer, condition):
    """Raises Failure when `condition` (one line) does not hold for `answer`."""
    kind, _, rest = condition.strip().partition(" ")
    rest = rest.strip()
    if kind not in CONDITIONS:
        raise Failure(f"unknown condition {kind!r}; known: {', '.join(sorted(CONDITIONS))}")
    CONDITIONS[kind](answer, rest)


def status(answer, wanted):
    choices = wanted.split("|")
    for choice in choices:
        if re.fullmatch(choice.replace("x", r"\d"), str(answer.status)):
            return
    raise Failure(f"expected status {wanted}, got {answer.status}")


def issue(answer, code):
    codes = values(answer, "issue.code")
    if not set(code.split("|")) & set(codes):
        raise Failure(f"expected an OperationOutcome with issue {code}, got {codes or 'none'}")


def says(answer, pattern):
    texts = values(answer, "issue.diagnostics") + values(answer, "issue.details.text") + values(answer, "detail")
    if not any(re.search(pattern, text) for text in texts):
        raise Failure(f"expected an issue that says /{pattern}/, got {texts or 'none'}")


def at_path(answer, pattern):
    places = values(answer, "issue.expression")
    if not any(re.search(pattern, place) for place in places):
        raise Failure(f"expected an issue at /{pattern}/, got {places or 'none'}")


def header(answer, rest):
    match = re.match(r"^(\S+)\s+(=|~|!~)\s+(.*)$", rest)
    name, op, wanted = match.groups() if match else (rest, "~", "")
    value = answer.header(name)
    if value is None:
        raise Failure(f"expected a header {name}, got {', '.join(n for n, _ in answer.headers)}")
    held = value == wanted if op == "=" else bool(re.search(wanted, value)) == (op == "~")
    if not held:
        raise Failure(f"expected header {name} {op} {wanted}, got {value}")


def no_header(answer, name):
    if answer.header(name) is not None:
        raise Failure(f"expected no header {name}, got {answer.header(name)}")


def json_value(answer, rest):
    match = COMPARE.match(rest)
    if not match:
        raise Failure(f"write `json PATH = value` (or !=, ~, !~, >=, <=, has, lacks), not {rest!r}")
    path, op, wanted = match["path"], match["op"], match["value"]
    found = [jsonpath.shown(value) for value in values(answer, path)]
    plain = bare(wanted)
    if op == "lacks":
        held = plain not in found
    elif op == "has":
        held = plain in found
    elif op == "!~":
        held = not any(re.search(wanted, value) for value in found)
    elif op in (">=", "<="):
        held = bool(found) and all((float(v) >= float(plain)) if op == ">=" else (float(v) <= float(plain)) for v in found)
    elif op == "~":
        held = bool(found) and all(re.search(wanted, value) for value in found)
    else:
        held = bool(found) and all((value == plain) == (op == "=") for value in found)
    if not held:
        raise Failure(f"expected {path} {op} {wanted}, got {found or 'nothing there'}")


def count(answer, rest):
    match = COMPARE.match(rest)
    if not match or match["op"] not in ("=", ">=", "<="):
        raise Failure(f"write `count PATH = n` (or >=, <=), not {rest!r}")
    number, wanted = len(values(answer, match["path"])), int(match["value"])
    held = {"=": number == wanted, ">=": number >= wanted, "<=": number <= wanted}[match["op"]]
    if not held:
        raise Failure(f"expected count of {match['path']} {match['op']} {wanted}, got {number}")


def absent(answer, path):
    found = values(answer, path)
    if found:
        raise Failure(f"expected nothing at {path}, got {[jsonpath.shown(v) for v in found][:5]}")


def present(answer, path):
    if not values(answer, path):
        raise Failure(f"expected something at {path}")


def distinct(answer, path):
    found = [jsonpath.shown(value) for value in values(answer, path)]
    if len(set(found)) != len(found):
        raise Failure(f"expected different values at {path}, got {found}")


def ascending(answer, path, reverse=False):
    found = [jsonpath.shown(value) for value in values(answer, path)]
    if found != sorted(found, reverse=reverse):
        raise Failure(f"expected {'falling' if reverse else 'rising'} values at {path}, got {found}")


def body(answer, rest):
    op, _, wanted = rest.partition(" ")
    text = answer.text()
    if op == "empty":
        held = not text
    elif op in ("~", "!~"):
        held = bool(re.search(wanted, text)) == (op == "~")
    elif op == "=":
        held = text == wanted
    else:
        raise Failure("write `body ~ regex`, `body !~ regex`, `body = text` or `body empty`")
    if not held:
        raise Failure(f"expected body {rest}")


def within(answer, limit):
    if answer.seconds > duration_s(limit):
        raise Failure(f"expected an answer within {limit}, it took {answer.seconds:.2f} s")


def not_before(answer, limit):
    if answer.seconds < duration_s(limit):
        raise Failure(f"expected an answer not before {limit}, it took {answer.seconds:.2f} s")


def values(answer, path):
    try:
        document = answer.json()
    except (ValueError, UnicodeDecodeError):
        raise Failure(f"expected JSON with {path}, the body is not JSON") from None
    return jsonpath.values(document, path)


def bare(text):
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return json.loads(text)
    return text


CONDITIONS = {
    "issue": issue, "says": says, "at": at_path, "header": header, "no-header": no_header, "json": json_value,
    "count": count, "absent": absent, "present": present, "distinct": distinct, "body": body, "within": within,
    "not-before": not_before, "rising": ascending, "falling": lambda answer, path: ascending(answer, path, True),
}


# What may differ between two answers that tell the same: when, which request, which receipt.
HEADERS_APART = {"date", "x-request-id", "x-idun-receipt"}
APART = {"lastUpdated", "timestamp"}
EXTENSIONS_APART = {"elapsed", "receipt", "asOf"}


def essence(answer, replaced, path=None):
    """Status, headers and body (or what is at a path of it) without what must differ; `replaced` maps texts to words."""
    def plain(text):
        for old, new in replaced:
            text = text.replace(old, new)
        return text

    headers = sorted((name.lower(), plain(value)) for name, value in answer.headers if name.lower() not in HEADERS_APART)
    headers = [(n, v) for n, v in headers if n != "content-length"]
    try:
        document = json.loads(plain(answer.text()))
    except ValueError:
        return answer.status, headers, plain(answer.text())
    if isinstance(document, dict) and document.get("resourceType") in ("Bundle", "OperationOutcome"):
        document.pop("id", None)
    if isinstance(document, dict) and document.get("resourceType") == "CapabilityStatement":
        document.pop("date", None)
    if path:
        document = jsonpath.values(document, path)
    return answer.status, headers, json.dumps(without(document), sort_keys=True, indent=1, ensure_ascii=False)


def without(node):
    if isinstance(node, list):
        return [without(item) for item in node]
    if isinstance(node, dict):
        if node.get("url") in EXTENSIONS_APART:
            return {"url": node["url"]}
        return {key: without(value) for key, value in node.items() if key not in APART}
    return node
