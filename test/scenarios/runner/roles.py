"""`start roles [--nodes N] [--lease SECONDS] [--give-up SECONDS] [--waiting N] [--rules FILE] [--account SECONDS] [--map SECONDS] [--witnesses N|own] [--outlet files|smtp] [--patterns RULE=N,…] [--audit-feed PATH] [--reserved node-2,ID,…]`: a hub and nodes, each a process of its own,
with a link each way, and a receiver of notifications to which the nodes may send.

The nodes start empty. Users are signed by an issuer of the runner's own.
"""
import os
import pathlib
import random
import socket
import subprocess
import time
import uuid

from . import client, ed25519, forge, people
from .proxy import Link
from .mail import Mail
from .sink import Sink
from .world import READY_SECONDS, Failure, Process, World

ISSUER = "idun-scenarios"
DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
PERSON = people.personal_number("roles")


_claims = []  # of whoever does not hold them


def free_port(claims=_claims):
    """One that no outgoing connection is given, and that no other world takes while the claim on it is held (in `claims`): roles are stopped and started
    again, and must find theirs free. A claim is a name that goes with its holder."""
    while True:
        port = random.randrange(10_000, 32_000)  # Linux gives out those from 32,768
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0idun-scenario-port-{port}")
            with socket.create_server(("127.0.0.1", port)):
                claims.append(claim)
                return port
        except OSError:
            claim.close()


class Roles(World):
    def __init__(self, idun, arguments):
        super().__init__(idun, arguments)
        options = dict(zip(arguments[::2], arguments[1::2]))
        self.count = int(options.get("--nodes", 3))
        self.lease_s = int(options.get("--lease", 3600))
        self.give_up_s = int(options.get("--give-up", 86400))
        self.rules = options.get("--rules")  # a rule table in data/
        self.waiting_max = int(options.get("--waiting", 10000))
        self.account_s = int(options.get("--account", 900))  # after which an entry that is not shipped is missing
        self.witnesses = options.get("--witnesses", "")  # of the hub's log: so many nodes, or `own`, a process of its own
        self.outlet = options.get("--outlet")  # files or smtp
        self.audit_feed = options.get("--audit-feed")  # a path at the sink
        self.patterns = [one.split("=") for one in options["--patterns"].split(",")] if "--patterns" in options else []
        # Ids that are no source; a node's name stands for its provider's.
        self.reserved = [self.provider_id(one) if one.startswith("node-") else one for one in options.get("--reserved", "").split(",") if one]
        self.map_s = int(options.get("--map", 10))  # between two map roots of a log
        self.sink = Sink()
        self.mail = Mail(self.folder / "mail")
        self.claims = []
        self.ports = {name: free_port(self.claims) for name in self.names() + (["witness"] if self.witnesses == "own" else [])}
        try:
            self.prepare()
            for process in self.processes.values():
                process.start()
            for name in self.ports:
                self.wait_healthy(name)
            self.wait_registered()
        except Failure:
            self.abandon()
            raise

    def servers(self):
        own = {"witness": f"http://127.0.0.1:{self.ports['witness']}"} if "witness" in self.ports else {}
        return {**super().servers(), "sink": self.sink.told, "mail": self.mail.told, **own}

    def close(self):
        try:
            super().close()
        finally:
            self.sink.close()
            self.mail.close()

    def names(self):
        return ["hub"] + [f"node-{place}" for place in range(1, self.count + 1)]

    def provider_id(self, name):
        return f"SE5569000{name.split('-')[1]:0>3}-T1"

    def prepare(self):
        self.data.mkdir(mode=0o700)
        self.key_file.parent.mkdir(mode=0o700)
        issuer_seed = os.urandom(32)
        self.write_private(self.data / "issuer.key", f"idun-ed25519-seed {issuer_seed.hex()}\n")
        self.write_private(self.key_file, f"idun-pseudonym-key {os.urandom(32).hex()}\n")
        self.issuer = ed25519.base64url(ed25519.public_key(issuer_seed))
        for name in self.names()[1:]:
            os.symlink(f"node-{self.provider_id(name)}", self.data / name)
            self.links[f"hub->{name}"] = Link(("127.0.0.1", self.ports[name]))
            self.links[f"{name}->hub"] = Link(("127.0.0.1", self.ports["hub"]))
        # First without the others' keys, to learn one's own.
        for name in self.names():
            self.write_config(name, {})
        shown = {name: self.shown_keys(name) for name in self.names()}
        keys = {name: words[-1] for name, words in shown.items()}
        self.witness_keys = {name: next(word for word in words if "/witness+" in word) for name, words in shown.items()}
        if self.witnesses == "own":
            self.prepare_witness(next(word for word in shown["hub"] if word.startswith("idun/idun-hub+")))
        for name in self.names():
            self.write_config(name, keys)
            self.processes[name] = Process(name, [str(self.idun), "serve", str(self.config(name))], self.folder / f"{name}.log")
        nodes = [{"provider": self.provider_id(n), "name": n, "url": f"http://127.0.0.1:{self.ports[n]}"} for n in self.names()[1:]]
        self.ready = {"hub": f"http://127.0.0.1:{self.ports['hub']}", "nodes": nodes, "users": self.made_users()}

    def config(self, name):
        return self.folder / f"{name}.toml"

    def configurations(self):
        return [self.config(name) for name in self.names()]

    def write_private(self, path, text):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)

    def write_config(self, name, keys):
        lines = [f'data = "{self.data}"', f'pseudonym_key_file = "{self.key_file}"', f'backups = "{self.folder}/backups"', "grace_s = 2", "[users]",
                 f'issuer = "{ISSUER}"', f'keys = ["{self.issuer}"]']
        if self.rules:
            lines.insert(0, f'rules_file = "{DATA / self.rules}"')
        if name == "hub":
            lines += ["[hub]", f'listen = "127.0.0.1:{self.ports["hub"]}"', f"rights_lease_s = {self.lease_s}",
                      f"account_within_s = {self.account_s}", f"log_silent_after_s = {max(self.account_s, 15)}",
                      f"map_root_every_s = {self.map_s}"]
            if self.outlet:
                lines += ["[hub.notifications]", f'outlet = "{self.outlet}"', 'from = "idun@hub.example"', 'login_url = "https://idun.example/"',
                          "digest_after_s = 3"]
                lines += [f'folder = "{self.mail.folder}"'] if self.outlet == "files" else [f'server = "{self.mail.url}"', 'tls = "none"']
            if self.reserved:
                lines.insert(lines.index("[hub]") + 1, "reserved = [" + ", ".join(f'"{one}"' for one in self.reserved) + "]")
            if self.audit_feed:
                lines += ["[hub.audit_feed]", f'url = "{self.sink.url}/{self.audit_feed}"']
            if self.patterns:
                lines += ["[hub.patterns]"] + [f"{rule} = {shown_from}" for rule, shown_from in self.patterns]
            for node in self.names()[1:] if keys else []:
                lines += ["[[hub.node]]", f'provider = "{self.provider_id(node)}"', f'key = "{keys[node]}"']
        else:
            lines += ["[[node]]", f"map_root_every_s = {self.map_s}", f'provider = "{self.provider_id(name)}"', f'name = "Provider {name}"',
                      f'listen = "127.0.0.1:{self.ports[name]}"', f'url = "http://127.0.0.1:{self.links[f"hub->{name}"].port}"']
            if keys:
                lines += [f'hub_url = "http://127.0.0.1:{self.links[f"{name}->hub"].port}"', f'hub_key = "{keys["hub"]}"']
            lines += ["[node.subscriptions]", f'endpoints = ["{self.sink.url}/hook/"]', f"give_up_after_s = {self.give_up_s}",
                      f"waiting_events_max = {self.waiting_max}"]
        if keys and self.witnesses:
            lines += self.cosigned_by(name)
        self.config(name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def shown_keys(self, name):
        """The words of `idun keys`; the last is the role's own key."""
        done = subprocess.run([str(self.idun), "keys", str(self.config(name))], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failure(f"idun keys {name} ended with status {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout.split()

    def prepare_witness(self, log):
        listen = f"127.0.0.1:{self.ports['witness']}"
        self.config("witness").write_text(f'data = "{self.data}"\n[witness]\nname = "press.example/w1"\nlisten = "{listen}"\n')
        self.witness_keys["witness"] = self.shown_keys("witness")[-1]
        command = [str(self.idun), "witness", "--name", "press.example/w1", "--data", str(self.data / "witness"), "--listen", listen, "--log", log]
        self.processes["witness"] = Process("witness", command, self.folder / "witness.log")

    def cosigned_by(self, name):
        """Who is asked to cosign the log of a role: the hub's as `--witnesses` says, the nodes' by the hub."""
        if name != "hub":
            asked = {"hub": f"http://127.0.0.1:{self.links[f'{name}->hub'].port}/witness"}
        elif self.witnesses == "own":
            asked = {"witness": f"http://127.0.0.1:{self.ports['witness']}"}
        else:
            asked = {node: f"http://127.0.0.1:{self.links[f'hub->{node}'].port}/witness" for node in self.names()[1:int(self.witnesses) + 1]}
        table = "[[hub.cosigned_by]]" if name == "hub" else "[[node.cosigned_by]]"
        return [line for one, url in asked.items() for line in (table, f'url = "{url}"', f'key = "{self.witness_keys[one]}"')]

    def made_users(self):
        users = []
        for name in self.names()[1:]:
            place = name.split("-")[1]
            users.append({"id": f"clinician-{place}", "role": "clinician", "name": f"Clinician {place}", "provider": self.provider_id(name)})
            users.append({"id": f"system-{place}", "role": "system", "name": f"EHR {place}", "provider": self.provider_id(name)})
        person = {"system": "http://electronichealth.se/identifier/personnummer", "value": PERSON}
        users.append({"id": "patient-1", "role": "patient", "name": "Person One", "identifier": person})
        seed = forge.seed(self, "issuer")
        now = int(time.time())
        for user in users:
            claims = {"iss": ISSUER, "aud": "idun", "sub": user["id"], "name": user["name"], "role": user["role"],
                      "jti": str(uuid.uuid4()), "client_id": "scenario-client"}
            if user.get("provider"):
                claims["provider"] = user["provider"]
            else:
                claims["person"] = forge.pseudonym(self, forge.canonical(PERSON))
            claims.update({"iat": now, "exp": now + 3600 * 6})
            user["token"] = ed25519.jws(seed, "at+jwt", claims)
        return users

    def wait_healthy(self, name, status=200):
        process, until = self.processes[name], time.monotonic() + READY_SECONDS
        url = f"http://127.0.0.1:{self.ports[name]}/healthz"
        while time.monotonic() < until:
            if not process.running():
                raise Failure(f"{name} ended with status {process.process.returncode}\n{process.tail()}")
            answer = client.send("GET", url, [], None, timeout_s=5)
            if answer.status == status and "starting" not in answer.text():
                return
            time.sleep(0.05)
        raise Failure(f"{name} was not healthy after {READY_SECONDS} s\n{process.tail()}")

    def wait_registered(self):
        """Until every node has told the hub where it is."""
        until = time.monotonic() + READY_SECONDS
        token = self.ready["users"][0]["token"]
        url = f"http://127.0.0.1:{self.ports['hub']}/fhir/Endpoint"
        wanted = [self.provider_id(name) for name in self.names()[1:] if self.provider_id(name) not in self.reserved]
        while time.monotonic() < until:
            answer = client.send("GET", url, [("Authorization", f"Bearer {token}")], None, timeout_s=5)
            if answer.status == 200 and all(one in answer.text() for one in wanted):
                return
            time.sleep(0.05)
        raise Failure(f"the nodes did not register at the hub\n{self.log_tail()}")

    def start_again(self, name):
        self.process_of(name).start()
        self.wait_healthy(name)

    def start_unhealthy(self, name):
        self.process_of(name).start()
        self.wait_healthy(name, 503)
