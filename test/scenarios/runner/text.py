"""Reads *.scn files into scenarios of steps. A step is a line and the indented lines below it."""
import dataclasses
import re


@dataclasses.dataclass
class Step:
    file: str
    line: int
    text: str           # the line itself, without comment
    block: list         # indented lines below it, dedented


@dataclasses.dataclass
class Scenario:
    file: str
    name: str
    line: int
    tags: list
    steps: list


@dataclasses.dataclass
class File:
    path: str
    start: str | None   # arguments of a `start` line before the first scenario
    scenarios: list


class Malformed(Exception):
    pass


def dedented(lines):
    lines = list(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    margin = min((len(l) - len(l.lstrip()) for l in lines if l.strip()), default=0)
    return [line[margin:] for line in lines]


def parse(path, text):
    start, scenarios, tags, current = None, [], [], None
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        number, raw = place + 1, lines[place]
        place += 1
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        if raw[0].isspace():
            raise Malformed(f"{path}:{number}: an indented line needs a step above it")
        block = []
        while place < len(lines) and (not lines[place].strip() or lines[place][0].isspace()):
            block.append(lines[place])
            place += 1
        step = Step(path, number, re.sub(r"\s+#\s.*$", "", raw).rstrip(), dedented(block))
        words = step.text.split()
        if words[0].startswith("@"):
            tags += [word[1:] for word in words]
        elif words[0] == "scenario":
            if len(words) != 2:
                raise Malformed(f"{path}:{number}: write `scenario NAME`, the name without spaces")
            if any(scenario.name == words[1] for scenario in scenarios):
                raise Malformed(f"{path}:{number}: there is a scenario {words[1]} already")
            current = Scenario(path, words[1], number, tags, [])
            scenarios.append(current)
            tags = []
        elif current is None:
            if words[0] != "start" or start is not None:
                raise Malformed(f"{path}:{number}: only one `start` may stand before the first scenario")
            start = step.text.split(maxsplit=1)[1] if len(words) > 1 else ""
        else:
            current.steps.append(step)
    if tags:
        raise Malformed(f"{path}: tags without a scenario at the end")
    return File(path, start, scenarios)
