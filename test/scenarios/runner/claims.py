"""Whether a CapabilityStatement is exact: every claimed search parameter is asked, and every one that is not."""
import json
import re
import urllib.parse

from . import client
from .world import Failure

# A refusal of the parameter itself, not of its value.
UNKNOWN = re.compile(r"unknown|no parameters are known|allowed (are|is)|not (known|supported|understood)|takes no|only takes", re.I)
VALUES = {"token": "urn:x|y", "date": "2026", "reference": "x", "string": "x", "uri": "urn:x", "number": "1", "quantity": "1", "special": "x",
          "composite": "x$y"}


def statement(url, headers):
    return json.loads(client.send("GET", url + "/fhir/metadata", headers, None).body)["rest"][0]


def texts(answer):
    try:
        return " ".join(issue.get("diagnostics", "") for issue in answer.json().get("issue", []))
    except ValueError:
        return ""


def check(url, all_of, headers, types):
    """The server at `url`; `all_of` is one that claims all that R4 has. Returns how many were asked."""
    known = {one["type"]: one for one in statement(all_of, headers)["resource"]}
    asked = 0
    for resource in statement(url, headers)["resource"]:
        kind = resource["type"]
        if kind not in types:
            continue
        claimed = {one["name"]: one["type"] for one in resource.get("searchParam", [])}
        others = {one["name"]: one["type"] for one in known[kind].get("searchParam", [])} | {"made-up": "string"}
        for name, form in (others | claimed).items():
            query = urllib.parse.urlencode({name: VALUES[form]})
            answer = client.send("GET", f"{url}/fhir/{kind}?{query}", headers, None)
            refused = answer.status == 400 and bool(UNKNOWN.search(texts(answer)))
            if refused != (name not in claimed):
                failure = Failure(f"{kind}?{name} is {'' if name in claimed else 'not '}claimed, and the answer does not fit that")
                failure.answer = answer
                raise failure
            asked += 1
    missing = set(types) - {one["type"] for one in statement(url, headers)["resource"]}
    if missing:
        raise Failure(f"the statement has no {', '.join(sorted(missing))}")
    return asked
