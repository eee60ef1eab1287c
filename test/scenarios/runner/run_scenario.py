"""Runs the steps of one scenario."""
import datetime
import os
import difflib
import json
import re
import shlex
import subprocess
import threading
import time
import urllib.parse
import uuid

from . import bodies, claims, client, expect, faults, forge, jsonpath, ledger, operations, people, privacy, text
from .jsonpath import shown
from .world import Failure

METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"}
HEADER_LINE = re.compile(r"^([A-Za-z0-9-]+): ?(.*)$")
# Steps that never follow a request in a `wait`.
WAIT_LENGTH_MAX = 8


class Run:
    rewrite_golden = False

    def __init__(self, scenario, world, data_folder):
        self.scenario, self.world, self.data_folder = scenario, world, data_folder
        self.variables = {"pnr": "http://electronichealth.se/identifier/personnummer"}
        self.names = {}          # ${person:x}, ${uuid:x}: stable within the scenario
        self.kept = {}
        self.server = "hub"
        self.token = None
        self.answer = None
        self.soon = None         # what is done beside the next request

    def steps(self, steps):
        place = 0
        while place < len(steps):
            step = steps[place]
            place += 1
            if step.text.split()[0] == "wait":
                place = self.wait(step, steps, place)
            else:
                self.step(step)

    def step(self, step):
        try:
            self.perform(step)
        except Failure as failure:
            if getattr(failure, "step", None) is None:
                failure.step = step
            raise
        except Exception as error:  # a mistake in the scenario, or in the runner: shown at its line
            failure = Failure(f"{type(error).__name__}: {error}")
            failure.step = step
            raise failure from error

    def perform(self, step):
        words = step.text.split()
        if words[0] == "at":
            before, self.server = self.server, self.filled(words[1])
            if len(words) > 2:
                try:
                    self.request(step, " ".join(words[2:]))
                finally:
                    self.server = before
            return
        if words[0] in METHODS:
            return self.request(step, step.text)
        handler = getattr(self, "do_" + words[0].replace("-", "_"), None)
        if handler:
            return handler(step, step.text[len(words[0]):].strip())
        if words[0] in faults.STEPS:
            return faults.STEPS[words[0]](self.world, [self.filled(word) for word in words[1:]])
        raise Failure(f"unknown step {words[0]!r}; test/scenarios/README.md lists them")

    # Values

    def filled(self, template):
        # Inner ones first: ${person:p-${i}}.
        while re.search(r"\$\{([^{}]+)\}", template):
            template = re.sub(r"\$\{([^{}]+)\}", lambda match: self.value(match.group(1)), template)
        return template

    def value(self, name):
        if name in self.variables:
            return self.variables[name]
        if match := re.fullmatch(r"(person|person-of-(\d+)|coordination|uuid):([\w-]+)", name):
            if name not in self.names:
                seed = uuid.uuid4().hex
                if match.group(2):
                    self.names[name] = people.personal_number(seed, int(match.group(2)))
                else:
                    make = {"person": people.personal_number, "coordination": people.coordination_number,
                            "uuid": lambda _: str(uuid.uuid4())}[match.group(1)]
                    self.names[name] = make(seed)
            return self.names[name]
        if match := re.fullmatch(r"(now|today)(?:([+-])(\w+))?", name):
            moment = datetime.datetime.now(datetime.timezone.utc)
            if match.group(2):
                delta = datetime.timedelta(seconds=expect.duration_s(match.group(3)))
                moment = moment + delta if match.group(2) == "+" else moment - delta
            return moment.strftime("%Y-%m-%d" if match.group(1) == "today" else "%Y-%m-%dT%H:%M:%S.000Z")
        if name in ("data", "dir"):
            return str(self.world.data if name == "data" else self.world.folder)
        if match := re.fullmatch(r"user\.([^.]+)\.(\w+)", name):
            value = self.user(match.group(1))[match.group(2)]
            return f"{value['system']}|{value['value']}" if isinstance(value, dict) else shown(value)
        if match := re.fullmatch(r"(hub|node-\d+)\.(url|provider|port|host|unit)", name):
            url = self.world.servers()[match.group(1)]
            parts = urllib.parse.urlsplit(url)
            return {"url": url, "port": str(parts.port), "host": parts.hostname,
                    "provider": self.world.provider(match.group(1)) if match.group(1) != "hub" else "",
                    "unit": self.world.unit(match.group(1)) if match.group(1) != "hub" else ""}[match.group(2)]
        if name == "sink.url" and hasattr(self.world, "sink"):
            return self.world.sink.url
        raise Failure(f"nothing is known as ${{{name}}}")

    def user(self, wish):
        """By id, or ROLE, ROLE#2, ROLE@node-1: the first (second) such user, of that node's provider."""
        users = self.world.users()
        if wish in users:
            return users[wish]
        match = re.fullmatch(r"([a-z-]+)(?:#(\d+))?(?:@(node-\d+))?", wish)
        if match:
            found = [user for user in users.values() if user["role"] == match.group(1)]
            if match.group(3):
                provider = self.world.provider(match.group(3))
                found = [user for user in found if user.get("provider") == provider]
            place = int(match.group(2) or 1) - 1
            if place < len(found):
                return found[place]
        raise Failure(f"no user {wish}; there are {', '.join(users)}")

    # Requests

    def do_as(self, step, rest):
        rest = self.filled(rest)
        if rest == "nobody":
            self.token = None
        elif rest.startswith("token "):
            self.token = rest[6:].strip()
        else:
            self.token = self.user(rest)["token"]

    def url(self, path):
        if path.startswith("http://"):
            return quoted(path)
        servers = self.world.servers()
        if self.server not in servers:
            raise Failure(f"no server {self.server}; there are {', '.join(servers)}")
        return servers[self.server].rstrip("/") + quoted(path)

    def request(self, step, line):
        line = self.filled(line)
        line, _, source = line.partition(" < ")
        method, _, path = line.partition(" ")
        headers, body = self.block(step.block)
        if source:
            body = self.body_from(source.strip())
        names = {name.lower() for name, _ in headers}
        if self.token and "authorization" not in names:
            headers.append(("Authorization", f"Bearer {self.token}"))
        if "accept" not in names:
            headers.append(("Accept", "application/fhir+json"))
        if body is not None and "content-type" not in names:
            headers.append(("Content-Type", "application/fhir+json"))
        if body is None and method in ("POST", "PUT", "PATCH"):
            body = b""
        self.answer = client.send(method, self.url(path.strip()), [h for h in headers if h[1] != "none"], body)
        if self.server in self.world.asked_without_log:
            self.world.asked_without_log[self.server].append((method, path.strip().partition("?")[0], self.answer.status))

    def block(self, lines):
        headers = []
        place = 0
        while place < len(lines) and (match := HEADER_LINE.match(lines[place])):
            headers.append((match.group(1), self.filled(match.group(2))))
            place += 1
        rest = lines[place:]
        return headers, self.filled("\n".join(rest)).encode() if any(line.strip() for line in rest) else None

    def body_from(self, source):
        words = shlex.split(source)
        if words[0] in bodies.GENERATORS:
            return bodies.GENERATORS[words[0]](*words[1:])
        if words[0] == "truncated":
            return bodies.truncated(self.file(words[1]), *words[2:])
        return self.file(words[0]).encode()

    def file(self, name):
        return self.filled((self.data_folder / name).read_text(encoding="utf-8"))

    def do_raw(self, step, rest):
        """Sends the block as bytes; lines end with CRLF, `\\xNN` stands for a byte, `\\e` ends without CRLF."""
        data = self.filled("\r\n".join(step.block)).encode().decode("unicode_escape").encode("latin-1")
        if rest != "open-ended":
            data += b"\r\n\r\n"
        self.answer = client.send_raw(self.world.servers()[self.server], data)

    # Answers

    def do_expect(self, step, rest):
        if self.answer is None:
            raise Failure("expect needs a request before it")
        if self.soon:
            run, self.soon = self.soon, None
            run.thread.join()
            if run.failure:
                raise run.failure
        try:
            wanted, _, condition = self.filled(rest).partition(" ")
            if wanted == "exit":
                wanted, _, condition = condition.partition(" ")
                expect.status(self.answer, wanted)
            else:
                expect.status(self.answer, wanted)
            for line in [condition] + [self.filled(line) for line in step.block]:
                if line.strip() and not line.lstrip().startswith("#"):
                    expect.check(self.answer, line)
        except Failure as failure:
            failure.answer = self.answer
            raise

    def do_claims(self, step, rest):
        """`claims hub TYPE...`: what its statement claims of these types is read, and nothing else."""
        server, *types = rest.split()
        servers = self.world.servers()
        headers = [("Accept", "application/fhir+json")] + ([("Authorization", f"Bearer {self.token}")] if self.token else [])
        if claims.check(servers[server], servers["node-1"], headers, types) == 0:
            raise Failure("no parameter was asked")

    def do_save(self, step, rest):
        name, source = (part.strip() for part in rest.split("=", 1))
        kind, _, path = self.filled(source).partition(" ")
        if kind == "json":
            found = expect.values(self.answer, path)
            if not found:
                failure = Failure(f"nothing at {path} to save")
                failure.answer = self.answer
                raise failure
            self.variables[name] = shown(found[0])
        elif kind == "header":
            header, _, pattern = path.partition(" ~ ")
            value = self.answer.header(header)
            if value is None:
                raise Failure(f"no header {header} to save")
            if pattern:
                match = re.search(pattern, value)
                if not match:
                    raise Failure(f"header {header} is {value}, which does not match {pattern}")
                value = match.group(match.lastindex or 0)
            self.variables[name] = value
        elif kind == "body":
            pattern = path.partition("~ ")[2]
            match = re.search(pattern, self.answer.text())
            if not match:
                raise Failure(f"the body does not match {pattern}")
            self.variables[name] = match.group(match.lastindex or 0) if pattern else self.answer.text()
        else:
            raise Failure("write `save NAME = json PATH`, `header NAME [~ regex]` or `body`")

    def do_set(self, step, rest):
        name, value = (part.strip() for part in rest.split("=", 1))
        self.variables[name] = self.filled(value)

    def do_keep(self, step, rest):
        self.kept[rest] = self.answer

    def do_same_answer(self, step, rest):
        """`same-answer NAME [A=B ...]`: the last answer tells what NAME told, with A in NAME standing for B here."""
        name, *pairs = rest.split()
        replaced_then, replaced_now = [], []
        for place, pair in enumerate(pairs):
            then, now = self.filled(pair).split("=", 1)
            replaced_then.append((then, f"<{place}>"))
            replaced_now.append((now, f"<{place}>"))
        then = expect.essence(self.kept[name], replaced_then)
        now = expect.essence(self.answer, replaced_now)
        for what, a, b in zip(("status", "headers", "body"), then, now):
            if a != b:
                lines = [str(part).splitlines() if isinstance(part, str) else [str(item) for item in part] if isinstance(part, list) else [str(part)] for part in (a, b)]
                difference = "\n".join(list(difflib.unified_diff(lines[0], lines[1], name, "now", lineterm="", n=1))[:30])
                raise Failure(f"expected the same {what} as {name}:\n{difference}")

    def do_golden(self, step, rest):
        """`golden NAME [TEXT=WORD ...] [path=PATH]`: the body, or what is at a path of it, equals golden/NAME, with TEXT
        written as WORD. `run --golden` rewrites it."""
        name, *pairs = rest.split()
        path = next((pair[5:] for pair in pairs if pair.startswith("path=")), None)
        replaced = [tuple(self.filled(pair).rsplit("=", 1)) for pair in pairs if not pair.startswith("path=")]
        body = expect.essence(self.answer, replaced, path)[2]
        text_now = body + "\n"
        file = self.data_folder.parent / "golden" / name
        if Run.rewrite_golden:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text_now, encoding="utf-8")
            return
        text_then = file.read_text(encoding="utf-8") if file.is_file() else ""
        if text_now != text_then:
            lines = difflib.unified_diff(text_then.splitlines(), text_now.splitlines(), f"golden/{name}", "now", lineterm="", n=2)
            raise Failure("the answer differs from its golden file; if that is meant, run test/scenarios/run --golden "
                          f"{self.scenario.name} and read the diff:\n" + "\n".join(list(lines)[:40]))

    def do_every_operation(self, step, rest):
        """`every-operation hub`: each of its operations that needs the log was asked since `nolog hub`, and none has answered."""
        server = self.filled(rest)
        answer = client.send("GET", self.world.servers()[server] + "/operations", [], None)
        operations.check(answer.json()["operations"], self.world.asked_without_log[server])

    # Time

    def wait(self, step, steps, place):
        """`wait 10s until` repeats the steps that follow, up to and including their `expect`, until it holds."""
        match = re.fullmatch(r"wait (\S+) until", step.text)
        if not match:
            failure = Failure("write `wait 10s until` and below it a request and its expect")
            failure.step = step
            raise failure
        repeated = []
        for following in steps[place:place + WAIT_LENGTH_MAX]:
            repeated.append(following)
            if following.text.startswith("expect"):
                break
        until = time.monotonic() + expect.duration_s(match.group(1))
        while True:
            try:
                for following in repeated:
                    self.step(following)
                return place + len(repeated)
            except Failure as failure:
                if time.monotonic() > until:
                    failure.args = (f"{failure} (waited {match.group(1)})",)
                    raise
                time.sleep(0.1)

    def do_sleep(self, step, rest):
        time.sleep(expect.duration_s(rest))

    def do_repeat(self, step, rest):
        """`repeat 20` does the block that often; ${i} counts from 1."""
        inner = text.parse(step.file, "scenario repeat\n" + "\n".join(step.block)).scenarios[0].steps
        for one in inner:
            one.line += step.line - 1
        for i in range(1, int(self.filled(rest)) + 1):
            self.variables["i"] = str(i)
            self.steps(inner)

    def do_together(self, step, rest):
        """`together 8` sends the block's one request that often at once; the answer counts statuses: {"s200": 7, "s412": 1}."""
        inner = text.parse(step.file, "scenario together\n" + "\n".join(step.block)).scenarios[0].steps
        if len(inner) != 1:
            raise Failure("together takes one request")
        runs = []
        for _ in range(int(rest)):
            run = Run(self.scenario, self.world, self.data_folder)
            run.variables, run.names, run.server, run.token = self.variables, self.names, self.server, self.token
            runs.append(run)
        self.filled(inner[0].text + "\n" + "\n".join(inner[0].block))  # names are made once, before the threads
        threads = [threading.Thread(target=run.step, args=(inner[0],)) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = {}
        for run in runs:
            status = f"s{run.answer.status}" if run.answer else "failed"
            counts[status] = counts.get(status, 0) + 1
        self.answer = client.Answer(f"{rest} times {inner[0].text}", 200, [], json.dumps(counts).encode(), 0.0)

    def do_soon(self, step, rest):
        """`soon 1s` does the block after that time, while the request that follows is under way; its `expect` waits for both."""
        inner = text.parse(step.file, "scenario soon\n" + "\n".join(step.block)).scenarios[0].steps
        run = Run(self.scenario, self.world, self.data_folder)
        run.variables, run.names, run.server, run.token = dict(self.variables), self.names, self.server, self.token
        self.filled("\n".join(step.block))  # names are made once, before the thread

        def work():
            time.sleep(expect.duration_s(rest))
            try:
                run.steps(inner)
            except Failure as failure:
                run.failure = failure

        run.failure = None
        run.thread = threading.Thread(target=work)
        run.thread.start()
        self.soon = run

    # Everything else

    def do_write(self, step, rest):
        """`write NAME` makes the file ${dir}/NAME with the block as text."""
        (self.world.folder / rest).write_text(self.filled("\n".join(step.block)) + "\n", encoding="utf-8")

    def do_private(self, step, rest):
        """`private NAME`: only its owner may read the file ${dir}/NAME; with a block it is made first, of that text."""
        if step.block:
            self.do_write(step, rest)
        (self.world.folder / rest).chmod(0o600)

    def do_flip(self, step, rest):
        """`flip PATH`: one bit in the middle of a file that lies outside the data folder."""
        with open(self.filled(rest), "r+b") as file:
            data = file.read()
            file.seek(len(data) // 2)
            file.write(bytes([data[len(data) // 2] ^ 1]))

    def do_forge(self, step, rest):
        """`forge backup PATH NAME`: a copy as ${dir}/NAME, whole, and signed by somebody who has no key of the role."""
        kind, path, name = shlex.split(self.filled(rest))
        if kind != "backup":
            raise Failure(f"cannot forge {kind}")
        forge.backup(path, self.world.folder / name)

    def do_download(self, step, rest):
        """`download NAME` keeps the last answer's body as the file ${dir}/NAME."""
        (self.world.folder / self.filled(rest)).write_bytes(self.answer.body)

    def do_idun(self, step, rest):
        """Runs the program's own commands; `expect exit 0` and `body ~ text` look at what it printed."""
        self.run_program(self.world.idun, "idun", rest)

    def do_idun_verify(self, step, rest):
        """The same with the program that checks logs."""
        self.run_program(self.world.idun.with_name("idun-verify"), "idun-verify", rest)

    def run_program(self, program, name, rest):
        command = [str(program)] + shlex.split(self.filled(rest))
        started = time.monotonic()
        try:
            environment = os.environ | getattr(self.world, "command_environment", {})
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, env=environment)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(command)} did not end within 120 s") from None
        self.answer = client.Answer(f"{name} {rest}", done.returncode, [], done.stdout + done.stderr, time.monotonic() - started)

    def do_log(self, step, rest):
        """`log without TEXT` or `log with REGEX`: what the processes have written to standard error."""
        kind, _, wanted = self.filled(rest).partition(" ")
        written = self.world.log_text()
        if kind == "without" and wanted in written:
            line = next(line for line in written.splitlines() if wanted in line)
            raise Failure(f"expected no {wanted!r} in the log, found: {line[:300]}")
        if kind == "with" and not re.search(wanted, written):
            raise Failure(f"expected /{wanted}/ in the log")
        if kind not in ("with", "without"):
            raise Failure("write `log without TEXT` or `log with REGEX`")

    def do_no_people(self, step, rest):
        """`no-people`: the last answer names no person of the demo; also `in the log` and `in file names`."""
        if rest == "in the log":
            where = self.world.log_text()
        elif rest == "in file names":
            where = "\n".join(str(path) for path in self.world.data.rglob("*"))
        else:
            where = self.answer.text() + str(self.answer.headers)
        for word in privacy.words_of(self.world.users().values()):
            if word in where:
                line = next(line for line in where.splitlines() if word in line)
                raise Failure(f"expected nobody, found {word!r} in: {line[:300]}")

    def do_ledger(self, step, rest):
        """`ledger last hub permit=false rule=care-relation`: the newest entry of that log that has these members."""
        which, server, *wanted = shlex.split(self.filled(rest))
        if which != "last":
            raise Failure("write `ledger last SERVER member=value ...`")
        entries = ledger.entries(self.world.idun, self.world.data / server)
        if not entries:
            raise Failure(f"the log of {server} is empty")
        for pair in wanted:
            path, value = pair.split("=", 1)
            if value not in ledger.texts(jsonpath.values(entries[-1], path)):
                raise Failure(f"expected {pair} in the newest entry of {server}'s log, got {entries[-1]}")

    def do_ticket(self, step, rest):
        name, options = (part.strip() for part in self.filled(rest).split("=", 1))
        self.variables[name] = forge.ticket(self.world, options, self.user)

    def do_token(self, step, rest):
        name, options = (part.strip() for part in self.filled(rest).split("=", 1))
        self.variables[name] = forge.user_token(self.world, options, self.user)

    def do_assertion(self, step, rest):
        name, options = (part.strip() for part in self.filled(rest).split("=", 1))
        self.variables[name] = forge.assertion(self.world, options)

    def do_pointers(self, step, rest):
        name, options = (part.strip() for part in self.filled(rest).split("=", 1))
        self.variables[name] = forge.pointers(self.world, options)

    def do_shipment(self, step, rest):
        name, options = (part.strip() for part in self.filled(rest).split("=", 1))
        self.variables[name] = forge.shipment(self.world, options)


def quoted(path):
    return urllib.parse.quote(path, safe="/?&=%:,$()*+;@!'~._-#[]{}^`\\")
