"""The programs the benchmarks lean on: nginx and wrk from Debian, started and stopped with care."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.smtp_server import free_port

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
CONNECTIONS, SECONDS, ROUNDS = 32, 3, 3
PACKAGES = {"smtp-sink": "postfix"}

Server = Callable[[int], subprocess.Popen[bytes]]


def need(*programs: str) -> None:
    """Install what is missing."""
    if missing := [PACKAGES.get(program, program) for program in programs if not where_is(program)]:
        apt = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
        print(f"Installing {' and '.join(missing)} …", flush=True)
        subprocess.run(apt if os.geteuid() == 0 else ["sudo", *apt], check=True, stdout=subprocess.DEVNULL)


def where_is(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def granian(target: str, *options: str, **settings: str) -> Server:
    """A web process for `target`, with `options` in place of the Procfile's threads."""

    def start(port: int) -> subprocess.Popen[bytes]:
        command = [BIN / "granian", "--interface", "wsgi", "--port", str(port), "--no-ws", "--log-level", "error"]
        environment = {"PATH": os.environ["PATH"], "PORT": str(port), "LOG_LEVEL": "ERROR"} | settings
        return _quietly([*command, *(options or THREADS), target], environment)

    return start


THREADS = ("--blocking-threads", re.search(r"WEB_THREADS:-(\d+)", (ROOT / "Procfile").read_text())[1])  # type: ignore[index]


def nginx(folder: Path) -> Server:
    """nginx with one worker, serving the files of `folder`."""

    def start(port: int) -> subprocess.Popen[bytes]:
        configuration = folder.parent / "nginx.conf"
        configuration.write_text(
            f"daemon off; worker_processes 1; pid {folder.parent}/nginx.pid; error_log /dev/null;\n"
            "events { worker_connections 512; }\n"
            f"http {{ access_log off; sendfile on; tcp_nopush on; open_file_cache max=10; keepalive_requests 1000000;\n"
            f"types {{ text/html html; }} server {{ listen 127.0.0.1:{port}; root {folder}; index index.html; }} }}\n"
        )
        # As root it gives its workers to another user, who may not look into the folder.
        folder.parent.chmod(0o755)
        return _quietly([where_is("nginx") or "nginx", "-c", str(configuration)], {})

    return start


def _quietly(command: list[str | Path], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


@contextmanager
def running(server: Server, path: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The server's address and process, once it answers for `path`."""
    port = free_port()
    process = server(port)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address + path)
        yield address, process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def wait_for(url: str, within_seconds: float = 30) -> None:
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def fetched(url: str, **headers: str) -> bytes:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, headers=names)) as answer:
        body: bytes = answer.read()
        return body


def rate(url: str, *headers: str, connections: int = CONNECTIONS) -> float:
    """Answers a second, as one wrk thread gets them."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s"]
    said = subprocess.run(
        [*command, *(f"-H{header}" for header in headers), url], capture_output=True, text=True
    ).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        print(f"  (not all answers were good: {url})")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]


def rates(servers: dict[str, Server], path: str, *headers: str) -> dict[str, float]:
    """The median rate of each, measured in turn, so that a busy moment of the machine touches all alike."""
    measured: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            with running(server, path) as (address, _process):
                rate(address + path, *headers, connections=4)  # Warm.
                measured[name].append(rate(address + path, *headers))
    return {name: median(results) for name, results in measured.items()}
