"""The running system of a scenario: one `idun demo`, or each role in a process of its own with links between."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

READY_SECONDS = 120


class Failure(Exception):
    """A step did not hold; the message says what was expected and what came."""


class Process:
    """One idun process. Its log is standard error."""

    lock = threading.Lock()
    no_more = False  # nothing may be started any more

    def __init__(self, name, command, log_path, ready_file=None):
        self.name, self.command, self.log_path, self.ready_file = name, command, log_path, ready_file
        self.process = None
        self.environment = {}  # beside the runner's own

    def start(self):
        if self.ready_file and self.ready_file.exists():
            self.ready_file.unlink()
        with Process.lock, open(self.log_path, "ab") as log, open(f"{self.log_path}.out", "ab") as out:
            if Process.no_more:
                raise Failure("the runner is stopping")
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                            start_new_session=True, env={**os.environ, **self.environment})

    def wait_ready(self):
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with status {self.process.returncode}: {' '.join(self.command)}\n{self.tail()}")
            try:
                return json.loads(self.ready_file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                time.sleep(0.02)
        raise Failure(f"{self.name} was not ready after {READY_SECONDS} s\n{self.tail()}")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def end(self, how=signal.SIGTERM, patience_s=20):
        if not self.running():
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise Failure(f"{self.name} did not end within {patience_s} s of signal {how}\n{self.tail()}") from None

    def text(self):
        try:
            return self.log_path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def tail(self, lines=15):
        kept = self.text().splitlines()[-lines:]
        return "\n".join(f"    {self.name} | {line[:400]}" for line in kept)


class World:
    """A hub and nodes with addresses, users and a data folder of its own."""

    alive = set()
    tables = None  # of which some scan has met rows
    scans = False  # every store that a world leaves is looked through at its end

    def __init__(self, idun, arguments):
        World.alive.add(self)
        self.harmed = False  # its disks were
        self.idun = idun
        self.arguments = arguments
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="idun-scenario-"))
        self.data = self.folder / "data"
        self.key_file = self.folder / "apart" / "pseudonym.key"
        self.processes = {}
        self.links = {}
        self.ready = {}
        self.blind_keys = {}  # by name, beside the one that all began with
        self.issuer_blind_key = "first"
        self.asked_without_log = {}  # of a role whose log takes nothing: (method, path, status) of what it was asked

    # Where requests go: {"hub": url, "node-1": url, ...}
    def servers(self):
        urls = {"hub": self.ready["hub"]}
        for place, node in enumerate(self.ready["nodes"], 1):
            urls[f"node-{place}"] = node["url"]
        return urls

    def provider(self, server):
        return self.ready["nodes"][int(server.split("-")[1]) - 1]["provider"]

    def unit(self, server):
        """One of the units of that node's provider; of the demo's nodes only."""
        return self.ready["nodes"][int(server.split("-")[1]) - 1].get("unit", "")

    def users(self):
        return {user["id"]: user for user in self.ready["users"]}

    def log_text(self):
        return "".join(process.text() for process in self.processes.values())

    def log_tail(self):
        return "\n".join(process.tail() for process in self.processes.values())

    def process_of(self, name):
        if name in self.processes:
            return self.processes[name]
        raise Failure(f"no process of its own for {name}; this world has {', '.join(self.processes)} (`start roles` makes one for each)")

    @staticmethod
    def end_all():
        """For a runner that is told to stop: nothing is left behind. Called in the main thread, which starts nothing."""
        Process.no_more = True
        Process.lock.acquire(timeout=2)  # a start that is under way is over then
        for one in list(World.alive):
            for process in one.processes.values():
                if process.running():
                    process.process.kill()
            shutil.rmtree(one.folder, ignore_errors=True)

    def close(self):
        problem = None
        for process in self.processes.values():
            try:
                status = process.end()
                if status not in (0, -signal.SIGKILL, None):
                    problem = f"{process.name} ended with status {status}\n{process.tail(40)}"
            except Failure as failure:
                problem = str(failure)
        for link in self.links.values():
            link.close()
        if World.scans and not self.harmed and not problem:
            problem = self.scanned()
        shutil.rmtree(self.folder, ignore_errors=True)
        World.alive.discard(self)
        if problem:
            raise Failure(problem)

    def configurations(self):
        """Files with all roles of this world, for commands."""
        return []

    def scanned(self):
        """What `idun scan` finds in the stores; None: nothing."""
        for configuration in self.configurations():
            done = subprocess.run([str(self.idun), "scan", str(configuration)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
            if World.tables is not None:
                with Process.lock:
                    World.tables.update(line.split()[0] for line in done.stdout.splitlines() if len(line.split()) == 5 and line.split()[2].isdigit() and line.split()[2] != "0")
            if done.returncode != 0:
                return f"idun scan {configuration.name} ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
        return None

    def abandon(self):
        """Closes after a start that did not succeed; how it ended is known already."""
        try:
            self.close()
        except Failure:
            pass


class Demo(World):
    """`start demo [options]`: everything in one process, with 20 synthetic people unless told otherwise."""

    def __init__(self, idun, arguments):
        super().__init__(idun, arguments)
        self.key_file = self.data / "pseudonym.key"  # a demo keeps all in its folder
        ready_file = self.folder / "ready.json"
        command = [str(idun), "demo", "--listen", "127.0.0.1:0", "--data", str(self.data), "--ready-file", str(ready_file)]
        if "--people" not in arguments and "--load" not in arguments:
            command += ["--people", "20"]
        self.processes["demo"] = Process("demo", command + arguments, self.folder / "demo.log", ready_file)
        self.start()

    def start(self):
        demo = self.processes["demo"]
        demo.start()
        try:
            self.ready = demo.wait_ready()
        except Failure:
            self.abandon()
            raise

    def start_again(self, name):
        self.process_of(name).start()
        self.ready = self.process_of(name).wait_ready()

    def configurations(self):
        if "hub" not in self.ready:
            return []
        lines = [f'data = "{self.data}"', "[users]", 'issuer = "nobody"', 'keys = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]',
                 "[hub]", f'listen = "{self.ready["hub"].split("//")[1]}"']
        for place, node in enumerate(self.ready["nodes"], 1):
            link = self.data / f"node-{node['provider']}"  # as a configuration's roles are called
            if not link.exists():
                os.symlink(f"node-{place}", link)
            lines += ["[[node]]", f'provider = "{node["provider"]}"', 'name = "one"', f'listen = "{node["url"].split("//")[1]}"']
        made = self.folder / "scan.toml"
        made.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [made]
