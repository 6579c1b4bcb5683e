"""The whole site at once, as `make run` starts it: web, worker, and a stand-in for Stripe where there are no keys."""

import os
import shlex
import socket
import sys
import threading
import time
import urllib.request
from pathlib import Path

import click
from flask import current_app
from honcho.manager import Manager

from app.environment import SettingError

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
READY_WITHIN_SECONDS = 60
PATIENCE_SECONDS = 0.1


def bring_up(owner_link: str) -> None:
    """Start every process, say where the site is once it answers, and run until stopped."""
    port = current_app.config["PORT"]
    environment = os.environ | {"PORT": str(port), "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    manager = Manager()
    if stand_in := current_app.config["STRIPE_SECRET_KEY"] is None:
        environment |= stripe_stand_in(port)
        manager.add_process(
            "stripe",
            stand_in_command(port, current_app.config["INSTANCE_PATH"]),
            env=environment,
            cwd=str(ROOT),
            quiet=True,
        )
    for name, command in processes().items():
        started = started_again(command) if name == "worker" else command
        manager.add_process(name, started, env=environment, cwd=str(ROOT))
    threading.Thread(target=_announce, args=(port, owner_link, stand_in), daemon=True).start()
    manager.loop()
    sys.exit(manager.returncode)


def processes() -> dict[str, str]:
    """The commands of the Procfile, by name."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines if line.strip())}


def started_again(command: str) -> str:
    """A shell command that starts `command` anew when it dies; told to stop, it lets it finish."""
    return f"trap : TERM INT; until {command}; do echo 'The worker died; starting it again.'; sleep 1; done"


def stripe_stand_in(port: int) -> dict[str, str]:
    """Settings that point the site at the stand-in, which listens beside it."""
    return {
        "STRIPE_SECRET_KEY": "sk_test_stand_in",
        "STRIPE_WEBHOOK_SECRET": "whsec_stand_in",
        "STRIPE_API_BASE": f"http://127.0.0.1:{port + 1}",
    }


def stand_in_command(port: int, instance: str) -> str:
    settings = stripe_stand_in(port)
    options = {
        "port": port + 1,
        "api-key": settings["STRIPE_SECRET_KEY"],
        "webhook-url": f"http://127.0.0.1:{port}/stripe/webhook",
        "webhook-secret": settings["STRIPE_WEBHOOK_SECRET"],
        "state": Path(instance) / "stripe.json",
    }
    return "python -m app.stripe_sandbox " + " ".join(f"--{name} {shlex.quote(str(options[name]))}" for name in options)


def refuse_taken_ports() -> None:
    """Raises SettingError where another program listens already."""
    port, needs_stand_in = current_app.config["PORT"], current_app.config["STRIPE_SECRET_KEY"] is None
    for wanted in (port, port + 1)[: 1 + needs_stand_in]:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", wanted)) == 0:
                raise SettingError(f"PORT {wanted} is in use by another program: stop that, or set another PORT.")


def _announce(port: int, owner_link: str, stand_in: bool) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not _answers(port) and time.monotonic() < deadline:
        time.sleep(PATIENCE_SECONDS)
    lines = [
        f"The Developing Doctor is at  {owner_link.partition('/sign-in/')[0]}",
        f"The owner signs in with      {owner_link}  (once, within the hour)",
    ]
    if stand_in:
        lines.append(f"Payments go to a stand-in    http://127.0.0.1:{port + 1}  (no Stripe keys are set)")
    click.echo("\n" + "\n".join(f"  {line}" for line in [*lines, "Stop it with Ctrl-C."]) + "\n")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
