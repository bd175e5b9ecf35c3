"""Processes that answer what they are asked, clusters of them, and the words for ratios."""

import json
import socket
import statistics
import subprocess
import sys


class Worker:
    """A process of Python that reads lines and answers each with one.

    Args:
        code: What it runs.
        before: Words before `python`, such as `ip netns exec NAME`.
        **options: Of `subprocess.Popen`.
    """

    def __init__(self, code: str, before: tuple[str, ...] = (), **options):
        self.process = subprocess.Popen(
            [*before, sys.executable, "-c", code],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **options,
        )

    def send(self, *words) -> None:
        """Sends a line."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """Returns the next line that it prints; "" if it has ended."""
        return self.process.stdout.readline()

    def ask(self, *words) -> float:
        """Sends a line; returns the number that it answers."""
        self.send(*words)
        return float(self.answer())

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def cluster(hosts: tuple[str, ...] = ("localhost", "localhost")) -> list[dict[str, str]]:
    """Returns the environment variables of the workers of a cluster, one worker on each host,
    at ports that are free on this one.
    """
    sockets = [socket.create_server(("localhost", 0)) for _ in hosts]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    members = {"worker": [f"{host}:{port}" for host, port in zip(hosts, ports, strict=True)]}
    return [
        {"TF_CONFIG": json.dumps({"cluster": members, "task": {"type": "worker", "index": index}})}
        for index in range(len(hosts))
    ]


def spread(values) -> str:
    """Returns the median and the range of some values in words."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"
