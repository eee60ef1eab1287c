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
import shutil
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


def blind_key(world, name):
    """`first` is the one that the roles began with; any other name is a key of this run."""
    if name == "first":
        return key_line(world.key_file, "idun-pseudonym-key")
    return world.blind_keys.setdefault(name, os.urandom(32))


def pseudonym(world, canonical):
    key = blind_key(world, world.issuer_blind_key)
    return ed25519.base64url(hmac.new(key, PSEUDONYM_DOMAIN + canonical.encode(), hashlib.sha256).digest()[:16])


def canonical(identifier):
    """SYSTEM|NUMBER (Swedish, or the Union's), or a Swedish NUMBER, as the register of identities writes it."""
    system, _, value = identifier.rpartition("|")
    value = value.replace("-", "")
    if system.endswith("/eci"):
        return f"EU|eci|{value}"
    scheme = "samordningsnummer" if int(value[6:8]) > 60 else "personnummer"
    return f"SE|{scheme}|{value}"


def backup(whole, forged):
    """A copy of a backup that another key has signed: whole, and said to be of the same role."""
    shutil.copytree(whole, forged)
    manifest = forged / "manifest.json"
    said = json.loads(manifest.read_text(encoding="utf-8"))
    stranger = os.urandom(32)
    said["key"] = ed25519.base64url(ed25519.public_key(stranger))
    written = json.dumps(said, indent=2).encode() + b"\n"
    manifest.write_bytes(written)
    (forged / "manifest.sig").write_text(ed25519.base64url(ed25519.sign(stranger, b"idun backup 1\n" + written)) + "\n")


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


def leaf(index):
    """The leaf hash of the forged log's entry."""
    return hashlib.sha256(b"forged" + str(index).encode()).digest()


def tree_root(hashes):
    """RFC 9162."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    left = largest_power_below(len(hashes))
    return hashlib.sha256(b"\x01" + tree_root(hashes[:left]) + tree_root(hashes[left:])).digest()


def largest_power_below(number):
    return 1 << (number - 1).bit_length() - 1


def consistency(old, hashes, whole=True):
    """The path that shows the tree of the first `old` hashes to be the beginning of this one (RFC 9162 section 2.1.4.1)."""
    if old == len(hashes):
        return [] if whole else [tree_root(hashes)]
    left = largest_power_below(len(hashes))
    if old <= left:
        return consistency(old, hashes[:left], whole) + [tree_root(hashes[left:])]
    return consistency(old - left, hashes[left:], False) + [tree_root(hashes[:left])]


def checkpoint(key, log, size, hashes):
    """A signed note as docs/formats/ledger.md."""
    return signed_note(key, f"idun/{log}", f"idun/{log}\n{size}\n{base64.b64encode(tree_root(hashes)).decode()}\n")


def signed_note(key, name, text):
    key_hash = hashlib.sha256(name.encode() + b"\n\x01" + ed25519.public_key(key)).digest()[:4]
    signature = base64.b64encode(key_hash + ed25519.sign(key, text.encode())).decode()
    return f"{text}\n\u2014 {name} {signature}\n"


def shipment(world, options):
    """Entries of a log that a node never had, on their way to the hub, as docs/formats/ledger-shipping.md.

    shipment NAME = from node-2 index 0 person NUMBER [aged 1095d] [user anna] [size 1] [ticket 1-x] [request r] [count 1]
    Lies: [signed node-1] another's key, [root-of 3] of another size, [leaf 7] another entry's hash, [sequence 3], [served 4],
    [closed 1] as one that nobody can open. [counts 3]: signs that there were so many, [counted-by node-1] with another's key.
    """
    chosen = dict(pairs(options))
    first, count = int(chosen.get("index", 0)), int(chosen.get("count", 1))
    size = int(chosen.get("size", first + count))
    log = world.provider(chosen.get("log", chosen["from"]))
    entries, tickets = [], first + count if "ticket" in chosen else 0
    for index in range(first, first + count):
        hashed = leaf(int(chosen["leaf"]) if "leaf" in chosen else index)
        entry = {"index": index, "hash": ed25519.base64url(hashed)}
        if "closed" in chosen:
            entry["kind"] = int(chosen["closed"])
        else:
            entry["sequence"] = int(chosen.get("sequence", first + 1)) + index - first  # all are about one person
            entry["access"] = access(world, chosen, index)
        entries.append(entry)
    hashes = [leaf(index) for index in range(size)]
    signer = seed(world, chosen.get("signed", chosen["from"]))
    head = {"v": 2, "log": log, "first": first, "size": size,
            "checkpoint": checkpoint(signer, log, size, hashes[:int(chosen.get("root-of", size))])}
    proof = consistency(first + count, hashes) if first + count < size else []
    if proof:
        head["proof"] = [ed25519.base64url(one) for one in proof]
    served = int(chosen.get("served", first + count))
    head["served"] = [served - min(served, tickets), min(served, tickets)]
    if "counts" in chosen:
        head["stated"] = signed_note(seed(world, chosen.get("counted-by", chosen["from"])), f"idun/{log}",
                                     f"idun/{log} served\n{first + count}\n{chosen['counts']} 0\n")
    return "\n".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) for line in [head] + entries)


def access(world, chosen, index):
    out = {"time": int(time.time() * 1000) - 1000 * seconds(chosen.get("aged", "0s")), "action": chosen.get("action", "read"),
           "person": pseudonym(world, canonical(chosen["person"])),
           "who": [chosen.get("user", "anna"), "Anna Ek", "clinician", world.provider(chosen.get("works", chosen["from"])), ""],
           "purpose": "TREAT", "permit": True}
    if "glass" in chosen:
        out["glass"] = [chosen["glass"], "life"]
    if "ticket" in chosen:
        out["ticket"] = chosen["ticket"]
    out["records"] = [["Condition", f"c{index}", "1", chosen.get("category", "diagnosis"), world.provider(chosen["from"])]]
    if "request" in chosen:
        out["request"] = chosen["request"]
    return out
