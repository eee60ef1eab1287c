"""Synthetic identities for scenarios."""
import datetime
import hashlib


def check_digit(ten):
    """Luhn over YYMMDDNNN."""
    total = 0
    for place, digit in enumerate(ten):
        product = int(digit) * (2 if place % 2 == 0 else 1)
        total += product - 9 if product > 9 else product
    return str(-total % 10)


def personal_number(seed, age=None):
    """A valid 12-digit personal number with a serial of the 980 to 999 range, which is kept for tests. With an age: of
    somebody who turned so old about half a year ago."""
    digest = hashlib.sha256(seed.encode()).digest()
    day = datetime.date(1930, 1, 1) + datetime.timedelta(days=int.from_bytes(digest[:4], "big") % 31000)
    if age is not None:
        day = datetime.date.today() - datetime.timedelta(days=int((age + 0.5) * 365.25) + digest[5] % 60)
    date = day.strftime("%Y%m%d")
    serial = f"{980 + digest[4] % 20}"
    return date + serial + check_digit(date[2:] + serial)


def coordination_number(seed):
    number = personal_number(seed)
    moved = number[:6] + f"{int(number[6:8]) + 60:02d}" + number[8:11]
    return moved + check_digit(moved[2:])
