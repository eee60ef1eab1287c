"""Bodies that no editor would write: `POST /fhir/Patient < deep 5000`."""
import json


def truncated(text, share="0.5"):
    """The text cut off after a share of it."""
    return text[: int(len(text) * float(share))].encode()


def deep(depth):
    """Arrays inside arrays."""
    return b'{"resourceType":"Patient","x":' + b"[" * int(depth) + b"]" * int(depth) + b"}"


def oversized(size):
    """A Patient whose name makes the body `size` bytes long (with K, M)."""
    count = int(size.rstrip("KM")) << {"K": 10, "M": 20}.get(size[-1], 0)
    head, tail = b'{"resourceType":"Patient","name":[{"text":"', b'"}]}'
    return head + b"a" * max(0, count - len(head) - len(tail)) + tail


def invalid_utf8():
    return b'{"resourceType":"Patient","name":[{"family":"\xc3\x28\xff"}]}'


def duplicate_keys():
    return b'{"resourceType":"Patient","gender":"male","gender":"female"}'


def lone_surrogate():
    return b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}'


def with_bom():
    return b'\xef\xbb\xbf{"resourceType":"Patient"}'


def nul_in_text():
    return b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}'


def many_entries(count):
    """A batch of that many reads."""
    entry = {"request": {"method": "GET", "url": "Patient/none"}}
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [entry] * int(count)}).encode()


def empty():
    return b""


GENERATORS = {f.__name__.replace("_", "-"): f for f in
              (deep, oversized, invalid_utf8, duplicate_keys, lone_surrogate, with_bom, nul_in_text, many_entries, empty)}
