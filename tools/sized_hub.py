"""A hub of any size, for the tools that measure one: filled with the pointers of a synthetic Sweden, started, asked; in a folder that can be used again.
"""
import collections
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test" / "scenarios"))
from runner import ed25519, roles  # noqa: E402

SAMPLE, PIECES = 10_000, 100  # people asked about, in pieces of neighbours spread over the country
PARTS = {"answering": ("http-",), "store and accesses": ("rounds", "store-", "rocksdb"), "log and rest": ("",)}  # by the names of threads
IDLE_SECONDS = 1.1  # more than two of the hub's rounds


class Hub:
    """`store`: as the configuration has it; `more`: lines that it has besides. Its backups go to FOLDER/backups."""

    def __init__(self, idun, folder, store="embedded", more=()):
        self.idun, self.folder = idun, folder
        self.port = roles.free_port()
        seed_file = folder / "issuer.seed"
        if not seed_file.is_file():
            with open(os.open(seed_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(32))
        self.seed = seed_file.read_bytes()
        self.config = folder / "hub.toml"
        self.config.write_text("\n".join([
            f'data = "{folder}/data"', f'backups = "{folder}/backups"', 'log_level = "warn"', *more, "[users]", 'issuer = "measure"',
            f'keys = ["{ed25519.base64url(ed25519.public_key(self.seed))}"]', "[hub]", f'listen = "127.0.0.1:{self.port}"', "workers = 4", f'store = "{store}"']) + "\n")
        self.process = None

    def fill(self, people):
        done = self.folder / f"filled-{people}"
        if done.is_file():
            return
        begun = time.monotonic()
        made = subprocess.Popen([self.idun, "synth", "--people", str(people), "--numbers", "shifted", "--pointers", "--quiet"], stdout=subprocess.PIPE)
        loaded = subprocess.run([self.idun, "index", "load", "--config", str(self.config), "--journal", "", "-"], stdin=made.stdout, stderr=subprocess.PIPE,
                                text=True)
        made.stdout.close()
        if made.wait() != 0 or loaded.returncode != 0:
            sys.exit(f"the index was not filled: {loaded.stderr}")
        print(f"filled by synth and load together, from a pipe: {loaded.stderr.strip()} ({time.monotonic() - begun:.0f} s)")
        done.touch()

    def start(self):
        begun = time.monotonic()
        self.process = subprocess.Popen([self.idun, "serve", str(self.config)], stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "w"))
        while self.ask("GET", "/healthz")[0] != 200:
            if self.process.poll() is not None:
                sys.exit(f"the hub ended; see {self.folder}/log")
            time.sleep(0.01)
        print(f"from start to healthy: {time.monotonic() - begun:.2f} s")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(60)

    def token(self, role="clinician", provider="SE9910100149"):
        now = int(time.time())
        return ed25519.jws(self.seed, "at+jwt", {"iss": "measure", "aud": "idun", "sub": role, "name": "C", "role": role,
                                                 "provider": provider, "iat": now, "exp": now + 6 * 3600})

    def ask(self, method, path, token=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request(method, path, body, headers | ({"Content-Type": "application/json"} if body else {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def processor_seconds(self):
        seconds = dict.fromkeys(PARTS, 0.0)
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            name, fields = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            part = next(part for part, names in PARTS.items() if name.startswith(names))
            seconds[part] += sum(int(field) for field in fields.split()[11:13]) / os.sysconf("SC_CLK_TCK")
        return seconds

    def settled(self, busy=1 / 25, others=lambda: 0):
        """Its processor seconds once it does nothing any more (takes, with `others`, less than that part of a processor), and how long that took."""
        begun, last, last_of_others = time.monotonic(), self.processor_seconds(), others()
        while True:
            time.sleep(IDLE_SECONDS)
            now, now_of_others = self.processor_seconds(), others()
            if sum(now.values()) - sum(last.values()) + now_of_others - last_of_others < IDLE_SECONDS * busy:
                return now, time.monotonic() - begun - IDLE_SECONDS
            last, last_of_others = now, now_of_others

    def resident_mib(self):
        return self.memory_mib("VmRSS")

    def peak_mib(self):
        """Since forget_peak()."""
        return self.memory_mib("VmHWM")

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def memory_mib(self, name):
        return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1)) // 1024


class Postgres:
    """A server of one's own in a folder, reached by a socket there. What is in the folder stays."""

    BIN = "/usr/lib/postgresql/15/bin"

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        if not (folder / "data").is_dir():
            self.run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.run("pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o",
                 f"-c listen_addresses= -k {folder} -c shared_buffers=1GB -c max_wal_size=8GB", "start")

    def run(self, program, *words):
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        return subprocess.run([*as_postgres, f"{self.BIN}/{program}", *map(str, words)], cwd="/", stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=True).stdout

    def store(self, database):
        """What a configuration calls a store there; made when it is not."""
        if not self.ask("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):
            self.ask("postgres", f"CREATE DATABASE {database}")
        return f"postgresql:host={self.folder} user=postgres dbname={database}"

    def ask(self, database, sql):
        return self.run("psql", "-h", self.folder, "-U", "postgres", "-d", database, "-tAc", sql).strip()

    def processor_seconds(self):
        """Of the server's sessions that live, without those that have ended."""
        main = (self.folder / "data/postmaster.pid").read_text().split()[0]
        seconds = 0
        for child in pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split():
            try:
                fields = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return seconds

    def bytes(self, database):
        return int(self.ask("postgres", f"SELECT pg_database_size('{database}')"))

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-m", "fast", "stop")


def sample(idun, people, file, wanted=SAMPLE):
    """Some `wanted` people all over the country into `file`, one a line: how many, and how many of their pointers each provider has."""
    found, providers = {}, collections.Counter()
    piece = max(wanted // PIECES, 1)
    for place in range(PIECES):
        first = place * people // PIECES
        lines = subprocess.run([idun, "synth", "--from", str(first), "--people", str(min(first + piece, people)), "--numbers", "shifted", "--pointers", "--quiet"],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        for person, provider, *_ in (line.split("\t") for line in lines.splitlines()):
            found[urllib.parse.quote(person, safe="")] = None
            providers[provider] += 1
    file.write_text("\n".join(found) + "\n")
    return len(found), providers
