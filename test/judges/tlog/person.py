"""People in a log, by another implementation: sealed entries (RFC 8439), the map, and a person's proof, from docs/formats alone."""
import base64
import hashlib


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def eight(number):
    return number.to_bytes(8, "big")


def b64(data):
    return base64.b64encode(data).decode()


# ChaCha20-Poly1305 as RFC 8439 §2.3 to §2.8 have it.

def quarter(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        mixed = s[z] ^ s[x]
        s[z] = ((mixed << turn) | (mixed >> (32 - turn))) & 0xFFFFFFFF


def block(key, counter, nonce):
    words = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    words += [int.from_bytes(key[i:i + 4], "little") for i in range(0, 32, 4)] + [counter]
    words += [int.from_bytes(nonce[i:i + 4], "little") for i in range(0, 12, 4)]
    state = list(words)
    for _ in range(10):
        for places in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(state, *places)
    return b"".join(((a + b) & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(state, words))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i:i + 16] + b"\x01", "little")) * r % ((1 << 130) - 5)
    return ((total + int.from_bytes(key[16:], "little")) & ((1 << 128) - 1)).to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def seal(key, nonce, associated, plain):
    stream = b"".join(block(key, 1 + i, nonce) for i in range((len(plain) + 63) // 64))
    cipher = bytes(a ^ b for a, b in zip(plain, stream))
    message = padded(associated) + padded(cipher) + len(associated).to_bytes(8, "little") + len(cipher).to_bytes(8, "little")
    return cipher + poly1305(block(key, 0, nonce)[:32], message)


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


TIME = 1795428000000


def plain_head(kind, time=TIME):
    return bytes([kind]) + time.to_bytes(6, "big")


def entry_key(slot_key, index):
    return sha256(b"idun entry key", slot_key, eight(index))


def person_entry(log, index, slot_key, pseudonym, sequence, distance, time=TIME, body=b"an access"):
    start = plain_head(1, time)
    opening = b"\x00\x00\x00\x07"
    return start + b"mask" + opening + seal(entry_key(slot_key, index), eight(index) + opening, start + log.encode() + pseudonym,
                                            varint(sequence) + varint(distance) + body)


# The sparse Merkle tree with sums, as it is defined.

def bits(key):
    return "".join(f"{byte:08b}" for byte in key)


def node(people, beginning=""):
    here = {key: value for key, value in people.items() if bits(key).startswith(beginning)}
    if not here:
        return bytes(32), 0
    if len(here) == 1:
        (key, (count, last)), = here.items()
        return sha256(b"\x00", key, eight(count), eight(last)), count
    left, left_sum = node(here, beginning + "0")
    right, right_sum = node(here, beginning + "1")
    return sha256(b"\x01", left, eight(left_sum), right, eight(right_sum)), left_sum + right_sum


def way(people, key):
    siblings, beginning, here = [], "", dict(people)
    while len(here) > 1:
        bit = bits(key)[len(beginning)]
        siblings.append(node(here, beginning + "10"[int(bit)]))
        beginning += bit
        here = {k: v for k, v in here.items() if bits(k).startswith(beginning)}
    return siblings, next(iter(here.items()), None)


def map_root_entry(covered, people, time=TIME):
    root, total = node(people)
    return plain_head(3, time) + eight(covered) + eight(len(people)) + eight(total) + root


# The other subtrees of many leaves, from left to right.

def others(wanted, leaves, root_of, begin=0):
    if not any(begin <= i < begin + len(leaves) for i in wanted):
        return [root_of(leaves)]
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return others(wanted, leaves[:half], root_of, begin) + others(wanted, leaves[half:], root_of, begin + half)


class Log:
    """Entries about people, each with a key; a map root wherever it is asked for."""

    def __init__(self, name):
        self.name, self.entries, self.keys, self.people, self.hers = name, [], {}, {}, {}

    def key_of(self, person):
        return sha256(b"slot key of " + person)

    def map_key(self, person):
        return sha256(b"idun map", self.name.encode(), person)

    def add(self, person, time=TIME):
        index = len(self.entries)
        count, last = self.people.get(self.map_key(person), (0, index))
        self.entries.append(person_entry(self.name, index, self.key_of(person), person, count + 1, index - last, time))
        self.people[self.map_key(person)] = (count + 1, index)
        self.hers.setdefault(person, []).append(index)

    def add_nobody(self):
        self.entries.append(plain_head(2) + b"mask" + b"\x00\x00\x00\x07" + b"sealed with the log's own key")

    def add_root(self, covered=None, people=None, time=TIME):
        covered = len(self.entries) if covered is None else covered
        self.entries.append(map_root_entry(covered, self.people if people is None else people, time))

    def forget(self, time, decision):
        self.entries.append(plain_head(4, time) + varint(1) + varint(1) + varint(len(decision)) + decision.encode())
        return len(self.entries) - 1


class Proof:
    """A person's proof file; everything in it can be changed before it is written."""

    def __init__(self, log, person, root_at, first=0, last=None):
        self.log, self.person, self.root_at = log.name, person, root_at
        self.root = log.entries[root_at]
        covered = int.from_bytes(self.root[7:15], "big")
        mine = [index for index in log.hers.get(person, []) if index < covered]
        numbered = list(enumerate(mine, 1))[::-1]
        chosen = numbered[first:last]
        self.rows = [[n, index, log.entries[index], b64(entry_key(log.key_of(person), index))] for n, index in chosen]
        self.more = numbered[last][1] if last is not None and last < len(numbered) else None
        people = {key: (count, at) for key, (count, at) in log.people.items()}
        self.siblings, self.found = way(people, log.map_key(person))
        self.forgotten = None

    def text(self, all_entries, note, root_of):
        leaves = [sha256(b"\x00" + entry) for entry in all_entries]
        wanted = {self.root_at} | {row[1] for row in self.rows}
        if self.forgotten:
            wanted.add(self.forgotten[0])
        lines = ["idun-person-proof/v1", f"log {self.log}", f"person {base64.urlsafe_b64encode(self.person).decode().rstrip('=')}",
                 f"root {self.root_at} {b64(self.root)}"]
        lines += [f"sibling {b64(hash_)} {total}" for hash_, total in self.siblings]
        if self.found:
            lines.append(f"found {b64(self.found[0])} {self.found[1][0]} {self.found[1][1]}")
        lines += [f"entry {n} {index} {b64(entry)} {key}" for n, index, entry, key in self.rows]
        if self.forgotten:
            lines.append(f"forgotten {self.forgotten[0]} {b64(self.forgotten[1])}")
        if self.more is not None:
            lines.append(f"more {self.more}")
        lines += [f"hash {b64(hash_)}" for hash_ in others(wanted, leaves, root_of)]
        return "\n".join(lines) + "\n\n" + note
