"""One HTTP request with everything that came back."""
import dataclasses
import http.client
import json
import socket
import time
import urllib.parse
from decimal import Decimal


@dataclasses.dataclass
class Answer:
    request: str        # as shown when a step fails
    status: int
    headers: list       # (name, value) in order
    body: bytes
    seconds: float

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def text(self):
        return self.body.decode("utf-8", errors="replace")

    def json(self):
        """Numbers keep their digits: 1.10 stays 1.10."""
        return json.loads(self.body, parse_float=Decimal)

    def shown(self, limit=2500):
        lines = [f"  > {line}" for line in self.request.splitlines()[:12]]
        lines.append(f"  < {self.status} after {self.seconds * 1000:.0f} ms")
        lines += [f"  < {name}: {value}" for name, value in self.headers]
        body = self.text()
        try:
            body = json.dumps(json.loads(body), indent=1, ensure_ascii=False)
        except ValueError:
            pass
        lines += [f"  < {line}" for line in body[:limit].splitlines()]
        if len(body) > limit:
            lines.append(f"  < ... {len(body)} characters")
        return "\n".join(lines)


def shown_request(method, url, headers, body):
    lines = [f"{method} {url}"]
    lines += [f"{n}: {v if n.lower() != 'authorization' else v[:24] + '...'}" for n, v in headers]
    if body:
        lines.append(body[:400].decode("utf-8", errors="replace"))
    return "\n".join(lines)


def send(method, url, headers, body, timeout_s=60):
    parts = urllib.parse.urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)
    started = time.monotonic()
    request = shown_request(method, url, headers, body)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8") if isinstance(value, str) else value)
        if body is not None and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if body:
            try:
                connection.send(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # a refusal may come before the whole body was read
        response = connection.getresponse()
        data = response.read()
        return Answer(request, response.status, response.getheaders(), data, time.monotonic() - started)
    except (OSError, http.client.HTTPException) as error:
        # 0 stands for "no answer"; `expect 0` asks for it.
        return Answer(request, 0, [("error", repr(error))], b"", time.monotonic() - started)
    finally:
        connection.close()


def send_raw(url, data, timeout_s=20):
    """Sends the bytes as they are and reads until the other side closes or is quiet."""
    parts = urllib.parse.urlsplit(url)
    started = time.monotonic()
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=timeout_s) as connection:
        try:
            connection.sendall(data)
            connection.settimeout(3)
            while chunk := connection.recv(65536):
                received += chunk
                head, end, rest = received.partition(b"\r\n\r\n")
                if end and len(rest) >= content_length(head):
                    break
        except OSError:
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split()
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if ":" in line]
    return Answer(data[:300].decode("latin-1"), status, headers, body, time.monotonic() - started)


def content_length(head):
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-length" and value.strip().isdigit():
            return int(value)
    return 0
