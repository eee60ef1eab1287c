"""What would name a person of the demo."""
import re


def words_of(users):
    """Names and numbers of everybody but systems, in the forms in which they could leak."""
    words = set()
    for user in users:
        if user["role"] in ("system", "administrator", "supervisor"):
            continue
        name = user.get("name", "")
        if len(name) > 4:
            words.add(name)
            words |= {part for part in name.split() if len(part) > 5}
        identifier = user.get("identifier")
        if isinstance(identifier, dict) and len(identifier["value"]) > 5:
            words |= {identifier["value"], identifier["value"].replace("-", "")}
        for number in re.findall(r"\d{12}|\d{8}-\d{4}", str(user.get("identifier", ""))):
            digits = number.replace("-", "")
            words |= {digits, digits[2:], f"{digits[:8]}-{digits[8:]}", f"{digits[2:8]}-{digits[8:]}"}
    return sorted(words)
