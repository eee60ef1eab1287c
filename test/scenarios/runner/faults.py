"""Steps that hurt: links between roles, and processes."""
import glob
import signal

from .expect import duration_s
from .world import Failure


def link(world, asking, asked):
    name = f"{asking}->{asked}"
    if name not in world.links:
        known = ", ".join(world.links) or "none; `start roles` has them"
        raise Failure(f"no link {name}; there are {known}")
    return world.links[name]


def way(words, count):
    """`hub node-3` or, short for it, `node-3`: the link on which the hub asks node-3."""
    names = words[: len(words) - count]
    return ("hub", names[0]) if len(names) == 1 else (names[0], names[1])


def cut(world, words):
    """cut node-3 [hub]: nothing passes from the first to the second; `cut node-3` cuts hub to node-3."""
    link(world, *way(words, 0)).cut()


def hang(world, words):
    """hang node-3: connections are taken and bytes swallowed."""
    link(world, *way(words, 0)).hang()


def slow(world, words):
    """slow node-3 800ms: each piece of an answer waits that long."""
    link(world, *way(words, 1)).slow(duration_s(words[-1]))


def heal(world, words):
    if words:
        link(world, *way(words, 0)).heal()
    else:
        for one in world.links.values():
            one.heal()


def stop(world, words):
    """stop node-3: asks the process to end and waits; it must end with status 0."""
    status = world.process_of(words[0]).end()
    if status != 0:
        raise Failure(f"{words[0]} ended with status {status}\n{world.process_of(words[0]).tail()}")


def kill(world, words):
    """kill node-3: as a power cut would (SIGKILL)."""
    world.process_of(words[0]).end(signal.SIGKILL)


def start(world, words):
    """start node-3: again, on the same data."""
    if not words or words[0] in ("demo", "roles") and words[0] not in world.processes:
        raise Failure("a scenario's own `start` must be its first step")
    world.start_again(words[0])


def pause(world, words):
    """pause node-3: the process stands still (SIGSTOP)."""
    world.process_of(words[0]).process.send_signal(signal.SIGSTOP)


def resume(world, words):
    world.process_of(words[0]).process.send_signal(signal.SIGCONT)


def tamper(world, words):
    """tamper 'node-1/log/**/tile/*' [OFFSET]: flips one bit of the first file (by name) that the pattern finds."""
    found = sorted(path for path in glob.glob(str(world.data / words[0]), recursive=True) if not path.endswith("/"))
    files = [path for path in found if is_filled_file(path)]
    if not files:
        raise Failure(f"no file matches {words[0]} in the data folder")
    with open(files[0], "r+b") as file:
        data = file.read()
        place = int(words[1]) if len(words) > 1 else len(data) // 2
        file.seek(place)
        file.write(bytes([data[place] ^ 1]))


def is_filled_file(path):
    import os
    return os.path.isfile(path) and os.path.getsize(path) > 0


STEPS = {f.__name__: f for f in (cut, hang, slow, heal, stop, kill, start, pause, resume, tamper)}
