"""A receiver of notifications: takes POSTs as it is told to, and tells over HTTP what it has received.

`url` is where to send; `told` answers GET /received with {"received": [{"path", "headers", "body"}, ...]}, in order.
"""
import http.server
import json
import threading
import time


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # the other side has gone


class Sink:
    def __init__(self):
        self.lock = threading.Lock()
        self.received = []
        self.status, self.delay_s = 200, 0.0
        self.connections = set()
        self.server = None
        self.port = 0
        self.up()
        self.telling = Server(("127.0.0.1", 0), self.teller())
        threading.Thread(target=self.telling.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.port}"
        self.told = f"http://127.0.0.1:{self.telling.server_address[1]}"

    def taker(sink):
        class Taker(Quiet):
            def setup(self):
                super().setup()
                with sink.lock:
                    sink.connections.add(self.connection)

            def finish(self):
                with sink.lock:
                    sink.connections.discard(self.connection)
                super().finish()

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, delay_s = sink.status, sink.delay_s
                time.sleep(delay_s)
                if sink.server is None:
                    self.close_connection = True
                    return
                if status == 200:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    with sink.lock:
                        sink.received.append({"path": self.path, "headers": headers, "body": json.loads(body)})
                self.answer(status, b'{"a":"word that nobody may keep"}')
        return Taker

    def teller(sink):
        class Teller(Quiet):
            def do_GET(self):
                with sink.lock:
                    self.answer(200, json.dumps({"received": sink.received}).encode())
        return Teller

    def up(self):
        if self.server is None:
            self.server = Server(("127.0.0.1", self.port), self.taker())
            self.port = self.server.server_address[1]
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self):
        """No connection any more, and those there are end."""
        server, self.server = self.server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        with self.lock:
            for one in self.connections:
                try:
                    one.shutdown(2)
                except OSError:
                    pass

    def forget(self):
        with self.lock:
            self.received = []

    def close(self):
        self.down()
        self.telling.shutdown()
        self.telling.server_close()
