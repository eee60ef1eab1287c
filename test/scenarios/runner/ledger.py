"""Reads the entries of a role's log, with its keys, by `idun verify-log --entries`."""
import json
import subprocess
import time

from .jsonpath import shown

TRIES = 10  # the log may be written to while it is read


def entries(idun, folder):
    for _ in range(TRIES):
        run = subprocess.run([str(idun), "verify-log", str(folder / "log"), "--entries"], capture_output=True, text=True, timeout=60)
        if run.returncode == 0:
            break
        time.sleep(0.1)
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"index"')]
    return [line["access"] for line in lines if "access" in line]


def texts(node):
    """Every value in lists of lists, as text."""
    if isinstance(node, list):
        return [text for item in node for text in texts(item)]
    return [shown(node)]
