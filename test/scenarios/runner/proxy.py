"""A TCP link between two roles that can be slowed, hung or cut while connections run."""
import re
import socket
import threading
import time

# A header with its receipt, up to a character within the signature, and the rest of it.
RECEIPT = re.compile(rb"(x-idun-receipt: *[^\r\n]*)([^\r\n])([^\r\n]{9}\r\n)", re.IGNORECASE)


def forged(data):
    return RECEIPT.sub(lambda found: found[1] + (b"B" if found[2] == b"A" else b"A") + found[3], data)


class Link:
    """Listens on its own port and passes bytes to `target`. State: open, slow (answers wait), hung, cut. While it forges, each
    receipt that passes has another signature."""

    def __init__(self, target=None, port=0):
        self.target = target
        self.delay_s = 0.0
        self.state = "open"
        self.forges = False
        self.lock = threading.Lock()
        self.connections = set()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.state == "cut" or self.target is None:
                client.close()
                continue
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        if self.state == "hung":
            with self.lock:
                self.connections.add(client)
            return  # accepted, never answered; closed by heal() or close()
        try:
            server = socket.create_connection(self.target, timeout=5)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        with self.lock:
            self.connections |= {client, server}
        threading.Thread(target=self.pump, args=(client, server, False), daemon=True).start()
        self.pump(server, client, True)

    def pump(self, source, sink, is_answer):
        try:
            while data := source.recv(65536):
                while self.state == "hung":
                    time.sleep(0.02)
                if self.state == "cut":
                    break
                if is_answer and self.delay_s:
                    time.sleep(self.delay_s)
                sink.sendall(forged(data) if is_answer and self.forges else data)
        except OSError:
            pass
        finally:
            self.drop({source, sink})

    def drop(self, sockets):
        with self.lock:
            self.connections -= sockets
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def cut(self):
        self.state = "cut"
        self.drop(set(self.connections))

    def hang(self):
        self.state = "hung"

    def slow(self, seconds):
        self.state, self.delay_s = "open", seconds

    def heal(self):
        was_hung = self.state == "hung"
        self.state, self.delay_s, self.forges = "open", 0.0, False
        if was_hung:
            self.drop(set(self.connections))

    def close(self):
        self.cut()
        self.listener.close()
