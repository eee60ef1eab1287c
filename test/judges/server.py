"""A running Idun for judges: a hub and nodes, each a process of its own, as scenarios start them.

    with server.Server(run.program("idun")) as idun:
        answer = idun.ask("GET", "/fhir/Patient?_count=2")                # at node-1, as a system of its provider
        answer.status, answer.header("ETag"), answer.json()
        idun.ask("GET", "/fhir/metadata", at="hub", user="clinician-1")

Users: system-N and clinician-N of node-N, patient-1; `user=None` sends no token.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenarios"))
from runner import client, roles  # noqa: E402


class Server:
    def __init__(self, idun, nodes=1):
        self.world = roles.Roles(idun, ["--nodes", str(nodes)])
        self.users = self.world.users()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.world.abandon()

    def ask(self, method, path, body=None, headers=None, at="node-1", user="system-1"):
        """`body`: bytes, or what becomes JSON. `path` may be a whole address."""
        sent = {"Accept": "application/fhir+json", **(headers or {})}
        if user:
            sent.setdefault("Authorization", "Bearer " + self.users[user]["token"])
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("Content-Type", "application/fhir+json")
        if body is None and method in ("POST", "PUT", "PATCH"):
            body = b""
        url = path if path.startswith("http") else self.world.servers()[at] + path
        return client.send(method, url, [(name, value) for name, value in sent.items() if value is not None], body)
