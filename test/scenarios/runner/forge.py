"""Tickets and user tokens as the hub would sign them, or almost. Keys are read from the data folder.

    ticket good    = for node-2 user clinician person NUMBER
    ticket forged  = for node-2 user clinician person ... key fresh
    ticket old     = for node-2 user clinician person ... issued -10m lifetime 60s
    token stale    = user patient issued -13h lifetime 1h

Any other pair of words sets that claim: `purpose HRESCH`, `care absent`, `jti absent`. `header.alg none` sets the header.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import shlex
import time

from . import ed25519
from .world import Failure

PSEUDONYM_DOMAIN = b"idun person 1\0"


def key_line(path, start):
    """The bytes in a key file: "idun-ed25519-seed " or "idun-pseudonym-key " and 64 hex digits."""
    match = re.fullmatch(re.escape(start) + r" ([0-9a-f]{64})\s*", path.read_text(encoding="ascii"))
    if not match:
        raise Failure(f"{path} is no {start} file")
    return bytes.fromhex(match.group(1))


def seed(world, whose):
    """Of `hub`, `node-1`..., or `issuer`, who signs users' tokens."""
    path = {"hub": "hub/keys/hub.key", "issuer": "issuer.key"}.get(whose, f"{whose}/keys/node.key")
    return key_line(world.data / path, "idun-ed25519-seed")


def pseudonym(world, canonical):
    key = key_line(world.data / "pseudonym.key", "idun-pseudonym-key")
    return ed25519.base64url(hmac.new(key, PSEUDONYM_DOMAIN + canonical.encode(), hashlib.sha256).digest()[:16])


def canonical(identifier):
    """SYSTEM|NUMBER, or a Swedish NUMBER, as the register of identities writes it."""
    value = identifier.rpartition("|")[2].replace("-", "")
    scheme = "samordningsnummer" if int(value[6:8]) > 60 else "personnummer"
    return f"SE|{scheme}|{value}"


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def seconds(text):
    sign = -1 if text.startswith("-") else 1
    number, unit = re.fullmatch(r"[+-]?(\d+)(s|m|h|d)", text).groups()
    return sign * int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


def pairs(options):
    words = shlex.split(options)
    if len(words) % 2:
        raise Failure(f"write pairs of words, not {options!r}")
    return list(zip(words[::2], words[1::2]))


def signed(world, signer, typ, claims, options, lifetime):
    """Applies what tokens of all kinds share (key, time, header, single claims) and signs."""
    key, header, issued = seed(world, signer), {}, 0
    for name, value in options:
        if name == "key":
            key = os.urandom(32) if value == "fresh" else seed(world, value)
        elif name == "issued":
            issued = seconds(value)
        elif name == "lifetime":
            lifetime = seconds(value)
        elif name == "typ":
            typ = value
        elif name.startswith("header."):
            header[name[7:]] = value
        else:
            try:
                value = json.loads(value)
            except ValueError:
                pass
            put(claims, name, value)
    now = int(time.time())
    claims.update({"iat": now + issued, "exp": now + issued + lifetime})
    if header.get("alg") == "none":
        return ".".join(ed25519.jws(key, typ, claims, header).split(".")[:2]) + "."
    return ed25519.jws(key, typ, claims, header)


def put(claims, name, value):
    """`requester.role patient` goes one level down; the value `absent` takes the claim away."""
    head, dot, rest = name.partition(".")
    if dot:
        return put(claims.setdefault(head, {}), rest, value)
    if value == "absent":
        claims.pop(name, None)
    else:
        claims[name] = value


def ticket(world, options, user):
    """As docs/formats/ticket.md."""
    options = pairs(options)
    chosen = dict(options)
    who = user(chosen["user"])
    claims = {
        "jti": f"{int(time.time())}-{ed25519.base64url(os.urandom(16))}",
        "iss": "idun-hub", "aud": world.provider(chosen["for"]), "sub": pseudonym(world, canonical(chosen["person"])),
        "purpose": "TREAT", "care": "declared",
        "requester": {"id": who["id"], "name": who["name"], "role": who["role"]},
    }
    if who.get("provider"):
        claims["requester"]["provider"] = who["provider"]
    rest = [pair for pair in options if pair[0] not in ("for", "user", "person")]
    return signed(world, "hub", "idun-ticket+jwt", claims, rest, 60)


def user_token(world, options, user):
    """A user's token again, with other times or claims; `person NUMBER` makes it somebody else's."""
    options = pairs(options)
    chosen = dict(options)
    claims = claims_of(user(chosen["user"])["token"])
    if "person" in chosen:
        claims["person"] = pseudonym(world, canonical(chosen["person"]))
        claims["sub"] = "person-" + claims["person"]
        claims.pop("name", None)
    rest = [pair for pair in options if pair[0] not in ("user", "person")]
    return signed(world, "issuer", "at+jwt", claims, rest, 3600)


def assertion(world, options):
    """A node's word who it is, as docs/formats/ticket.md; good for one request."""
    options = pairs(options)
    provider = world.provider(dict(options)["from"])
    claims = {"iss": provider, "sub": provider, "aud": "idun-hub", "jti": ed25519.base64url(os.urandom(16))}
    return signed(world, dict(options)["from"], "idun-node+jwt", claims, [pair for pair in options if pair[0] != "from"], 60)


def pointers(world, options):
    """A batch of one index pointer, as docs/formats/index.md.

    pointers NAME = from node-2 version 7 person NUMBER [category imaging] [updated -1h] [says superseded] [of node-1] [times 2]
                    [match 5 | match none]
    """
    chosen = dict(pairs(options))
    owner = world.provider(chosen.get("of", chosen["from"]))
    person = pseudonym(world, canonical(chosen["person"]))
    category = chosen.get("category", "imaging")
    key = ed25519.base64url(hashlib.sha256(f"{person}|{owner}|{category}".encode()).digest()[:16])
    updated = time.gmtime(time.time() + seconds(chosen.get("updated", "-1h")))
    request = {"method": "PUT", "url": f"DocumentReference/{key}"}
    if "match" in chosen:
        request |= {"ifNoneMatch": "*"} if chosen["match"] == "none" else {"ifMatch": f'W/"{chosen["match"]}"'}
    one = {"request": request, "resource": {
        "resourceType": "DocumentReference", "id": key, "status": chosen.get("says", "current"),
        "category": [{"coding": [{"system": "urn:idun:priority-category", "code": category}]}],
        "subject": {"identifier": {"system": "urn:idun:pseudonym", "value": person}},
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", updated), "custodian": {"identifier": {"value": owner}},
        "content": [{"attachment": {"contentType": "application/fhir+json", "url": "http://node/fhir/Patient/$everything"}}]}}
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [one] * int(chosen.get("times", 1)),
                       "identifier": {"system": "urn:idun:store-version", "value": chosen["version"]}})


def shipment(world, options):
    """One entry of a node's log on its way to the hub, as docs/formats/ledger-shipping.md.

    shipment NAME = from node-2 index 0 person NUMBER [aged 1095d] [user anna] [size 1] [ticket 1-x] [request r] [first 0]
    """
    chosen = dict(pairs(options))
    index = int(chosen.get("index", 0))
    access = {"time": int(time.time() * 1000) - 1000 * seconds(chosen.get("aged", "0s")), "action": chosen.get("action", "read"),
              "person": pseudonym(world, canonical(chosen["person"])),
              "who": [chosen.get("user", "anna"), "Anna Ek", "clinician", world.provider(chosen["from"]), ""],
              "purpose": "TREAT", "permit": True}
    if "ticket" in chosen:
        access["ticket"] = chosen["ticket"]
    access["records"] = [["Condition", f"c{index}", "1", chosen.get("category", "diagnosis"), world.provider(chosen["from"])]]
    if "request" in chosen:
        access["request"] = chosen["request"]
    entry = {"index": index, "hash": ed25519.base64url(hashlib.sha256(str(index).encode()).digest()), "access": access}
    head = {"v": 1, "log": world.provider(chosen.get("log", chosen["from"])), "first": int(chosen.get("first", index)),
            "size": int(chosen.get("size", index + 1)), "checkpoint": "forged"}
    lines = [json.dumps(line, separators=(",", ":"), ensure_ascii=False) for line in (head, entry)]
    return "\n".join(lines)
