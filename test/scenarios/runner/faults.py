"""Steps that hurt: links between roles, and processes."""
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess

from . import forge
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


def forge_receipts(world, words):
    """forge-receipts node-3: what the node answers comes with a receipt that it did not sign."""
    link(world, *way(words, 0)).forges = True


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
    """start node-3 [unhealthy]: again, on the same data; `unhealthy`: it will say at /healthz that something is wrong."""
    if not words or words[0] in ("demo", "roles") and words[0] not in world.processes:
        raise Failure("a scenario's own `start` must be its first step")
    if words[1:] == ["unhealthy"]:
        world.start_unhealthy(words[0])
    else:
        world.start_again(words[0])


def clock(world, words):
    """clock node-3 -1d: from its next start on the process takes the time for so much earlier or later; `clock node-3 right`."""
    offset = 0 if words[1] == "right" else forge.seconds(words[1])
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not libraries:
        raise Failure("no libfaketimeMT: install the package faketime")
    # How long something takes is measured as ever: a wrong clock goes as fast as a right one.
    environment = {} if offset == 0 else {
        "LD_PRELOAD": libraries[0], "FAKETIME": f"{offset:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    if words[0] == "idun":
        world.command_environment = environment
    else:
        world.process_of(words[0]).environment = environment


def configuration(world, words):
    """configuration wrong.toml = node-1 hub_key=X …: a copy of that process's file, for commands; these keys say something else."""
    name, equals, source, *changes = words
    lines = world.config(source).read_text(encoding="utf-8").splitlines()
    for change in changes:
        key, value = change.split("=", 1)
        places = [i for i, line in enumerate(lines) if line.startswith(f"{key} = ")]
        if equals != "=" or len(places) != 1:
            raise Failure("write `configuration COPY = NAME KEY=TEXT …` with keys that stand in the file once")
        lines[places[0]] = f'{key} = "{value}"'
    (world.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def blind_key(world, words):
    """blind-key node-1 = second first: from its next start on it writes with the key `second` and knows `first`; `blind-key issuer = second`."""
    name, equals, *keys = words
    if equals != "=" or not keys or (name == "issuer" and len(keys) > 1):
        raise Failure("write `blind-key ROLE = WRITES [KNOWN …]` or `blind-key issuer = KEY`")
    if name == "issuer":
        world.issuer_blind_key = keys[0]
        return
    ring = world.folder / f"{name}.ring"
    ring.unlink(missing_ok=True)
    world.write_private(ring, "".join(f"idun-pseudonym-key {forge.blind_key(world, one).hex()}\n" for one in keys))
    text = world.config(name).read_text(encoding="utf-8")
    world.config(name).write_text(re.sub(r"(?m)^pseudonym_key_file = .*$", f'pseudonym_key_file = "{ring}"', text), encoding="utf-8")


def pause(world, words):
    """pause node-3: the process stands still (SIGSTOP)."""
    world.process_of(words[0]).process.send_signal(signal.SIGSTOP)


def resume(world, words):
    world.process_of(words[0]).process.send_signal(signal.SIGCONT)


def file_of(world, pattern):
    """The first file with content, by name, that the pattern finds in the data folder."""
    found = sorted(glob.glob(str(world.data / pattern), recursive=True))
    files = [path for path in found if os.path.isfile(path) and os.path.getsize(path) > 0]
    if not files:
        raise Failure(f"no file matches {pattern} in the data folder")
    return files[0]


def tamper(world, words):
    """tamper 'node-1/log/journal/*.log' [OFFSET]: flips one bit, in the middle unless told."""
    world.harmed = True
    with open(file_of(world, words[0]), "r+b") as file:
        data = file.read()
        place = int(words[1]) if len(words) > 1 else len(data) // 2
        file.seek(place)
        file.write(bytes([data[place] ^ 1]))


def shorten(world, words):
    """shorten 'node-1/log/journal/*.log' 300: takes so many bytes off the end."""
    world.harmed = True
    path = file_of(world, words[0])
    os.truncate(path, max(0, os.path.getsize(path) - int(words[1])))


def keep_disk(world, words):
    """keep-disk node-1 NAME: a copy of the role's whole folder, as a backup; `put-back node-1 NAME` restores it. The role must not run."""
    stopped(world, words[0])
    shutil.copytree(os.path.realpath(world.data / words[0]), world.folder / f"backup-{words[1]}", symlinks=True)


def put_back(world, words):
    world.harmed = True
    stopped(world, words[0])
    folder = os.path.realpath(world.data / words[0])
    shutil.rmtree(folder)
    shutil.copytree(world.folder / f"backup-{words[1]}", folder, symlinks=True)


def nolog(world, words):
    """nolog hub: what its journal holds is the size that no file of the role may pass from now on, so the log takes no entry;
    the store's files are smaller. What is asked of the role from here on is remembered for `every-operation`."""
    journals = sorted(glob.glob(str(world.data / words[0] / "log*/journal/*.log")))
    length = len(pathlib.Path(journals[-1]).read_bytes().rstrip(b"\0"))
    limit_files(world, words[0], length)
    world.asked_without_log[words[0]] = []


def yeslog(world, words):
    """yeslog hub: files may grow again."""
    limit_files(world, words[0], "unlimited")
    del world.asked_without_log[words[0]]


def limit_files(world, name, soft):
    subprocess.run(["prlimit", "--pid", str(world.process_of(name).process.pid), f"--fsize={soft}:unlimited"], check=True)


def stopped(world, name):
    if world.process_of(name).running():
        raise Failure(f"{name} runs: stop or kill it first")


def lose(world, words):
    """lose hub/store: the folder is gone, as after the loss of a disk. Its process must have ended before.
    lose 'node-1/log/journal/*.log' [PAGE]: a page of 4096 bytes of a file, the first unless told, holds zeros."""
    world.harmed = True
    if (world.data / words[0]).is_dir():
        shutil.rmtree(os.path.realpath(world.data / words[0]))
        return
    path = file_of(world, words[0])
    start = 4096 * int(words[1]) if len(words) > 1 else 0
    length = min(4096, os.path.getsize(path) - start)
    if length <= 0:
        raise Failure(f"{words[0]} has no page {words[1]}")
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(bytes(length))


def blank(world, words):
    """blank 'node-1/log/public/tile/entries/**': the disk loses the pages of every such file: zeros, and as long as before."""
    world.harmed = True
    file_of(world, words[0])
    for path in glob.glob(str(world.data / words[0]), recursive=True):
        if os.path.isfile(path):
            length = os.path.getsize(path)
            with open(path, "wb") as file:
                file.write(bytes(length))


def copy(world, words):
    """copy node-1/log kept: a folder of the data folder, in the place of another."""
    world.harmed = True
    source, target = (pathlib.Path(os.path.realpath(world.data / word)) for word in words)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def move(world, words):
    """move apart/pseudonym.key data/pseudonym.key: a file of the world's folder is somewhere else of it."""
    source, target = (world.folder / word for word in words)
    if not source.is_file() or target.exists():
        raise Failure("write `move FILE PLACE`: the file is there, and nothing is at its new place")
    source.rename(target)


def sink(world, words):
    """sink down | up | forget | answers 500 | slow 3s: the receiver of notifications."""
    receiver = getattr(world, "sink", None)
    if receiver is None:
        raise Failure("this world has no sink; `start roles` has one")
    if words[0] == "answers":
        receiver.status = int(words[1])
    elif words[0] == "slow":
        receiver.delay_s = duration_s(words[1])
    elif words[0] in ("down", "up", "forget"):
        getattr(receiver, words[0])()
    else:
        raise Failure("write `sink down`, `up`, `forget`, `answers STATUS` or `slow TIME`")


def mail(world, words):
    """mail down | up | slow 3s: the mail server takes nothing for now; it has a letter, and says so later."""
    receiver = getattr(world, "mail", None)
    if receiver is None or words[0] not in ("down", "up", "slow"):
        raise Failure("write `mail down`, `mail up` or `mail slow TIME` after `start roles`")
    if words[0] == "slow":
        receiver.delay_s = duration_s(words[1])
    else:
        receiver.down = words[0] == "down"


STEPS = {f.__name__.replace("_", "-"): f for f in (cut, hang, slow, forge_receipts, heal, stop, kill, start, clock, configuration, blind_key, pause, resume, tamper, shorten, lose, blank, copy, move, keep_disk, put_back, nolog, yeslog,
                                                 sink, mail)}
