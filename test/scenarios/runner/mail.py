"""Where a hub's mails go: a small SMTP server, and a Maildir. Both tell over HTTP what they have: {"received": [{"to", "from", "text"}]}.

`at mail GET /received`; the local part `refused` is refused for good, `policy` by a rule that may change, and nobody's is taken while `mail down` holds.
`mail slow 3s`: the server has the letter, and says so so much later.
"""
import contextlib
import email
import email.policy
import http.server
import json
import pathlib
import socketserver
import threading
import time


class Session(socketserver.StreamRequestHandler):
    """RFC 5321, as much of it as a sender needs."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 mail.test ESMTP")
        sender, recipients = None, []
        while line := self.rfile.readline(2048):
            words = line.decode("ascii", errors="replace").strip()
            verb = words[:4].upper()
            if verb in ("EHLO", "HELO"):
                self.say("250 mail.test")
            elif verb == "MAIL":
                sender = words.partition(":")[2].split()[0].strip("<>")
                self.say("250 ok")
            elif verb == "RCPT":
                to = words.partition(":")[2].split()[0].strip("<>")
                if to.startswith("refused@"):
                    self.say("550 5.1.1 no such person here")
                elif to.startswith("policy@"):
                    self.say("550 5.7.1 not from you")
                elif self.server.mail.down:
                    self.say("451 later")
                else:
                    recipients.append(to)
                    self.say("250 ok")
            elif verb == "DATA" and recipients:
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline(65536)) not in (b".\r\n", b""):
                    lines.append(text[1:] if text.startswith(b"..") else text)
                self.server.mail.take(sender, recipients, b"".join(lines))
                time.sleep(self.server.mail.delay_s)
                sender, recipients = None, []
                with contextlib.suppress(OSError):  # the sender may be gone
                    self.say("250 taken")
            elif verb == "RSET":
                sender, recipients = None, []
                self.say("250 ok")
            elif verb == "QUIT":
                return self.say("221 bye")
            else:
                self.say("503 not now")


class Threaded(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass  # the other side has gone


class Mail:
    def __init__(self, folder):
        self.folder, self.received, self.lock, self.down = pathlib.Path(folder), [], threading.Lock(), False
        self.delay_s = 0
        self.smtp = Threaded(("127.0.0.1", 0), Session)
        self.smtp.mail = self
        self.telling = Threaded(("127.0.0.1", 0), self.teller())
        for server in (self.smtp, self.telling):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"smtp://127.0.0.1:{self.smtp.server_address[1]}"
        self.told = f"http://127.0.0.1:{self.telling.server_address[1]}"

    def take(self, sender, recipients, data):
        with self.lock:
            for to in recipients:
                self.received.append({"envelope": [sender, to], **self.parts(data)})

    @staticmethod
    def parts(data):
        message = email.message_from_bytes(data, policy=email.policy.default)
        return {"to": message["To"], "from": message["From"], "subject": message["Subject"], "id": message["Message-ID"],
                "text": message.get_content()}

    def all(self):
        with self.lock:
            by_smtp = list(self.received)
        return by_smtp + [self.parts(file.read_bytes()) for file in sorted(self.folder.glob("new/*"))]

    def teller(mail):
        class Teller(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                body = json.dumps({"received": mail.all()}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        return Teller

    def close(self):
        for server in (self.smtp, self.telling):
            server.shutdown()
            server.server_close()
