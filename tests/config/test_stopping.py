"""Ending Perennial: Ctrl-C is no failure, and a part that breaks down is one."""

import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core import management

ROOT = Path(__file__).parents[2]


@pytest.fixture
def serve(tmp_path):
    """Start `bin/serve` with one part, in a directory where there is nothing else."""
    port = free_port()
    started = []

    def start(part):
        for place in ("bin", ".venv/bin"):
            (tmp_path / place).mkdir(parents=True)
        shutil.copy(ROOT / "bin/serve", tmp_path / "bin")
        (tmp_path / "Procfile").write_text(f"web: {part.format(port=port)}\n")
        # Instead of the welcome, which needs a database.
        (tmp_path / ".venv/bin/python").write_text("#!/bin/sh\necho welcome\n")
        (tmp_path / ".venv/bin/python").chmod(0o755)
        started.append(
            subprocess.Popen(
                [tmp_path / "bin/serve"],
                env={**os.environ, "PORT": str(port)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=heed_ctrl_c,  # noqa: PLW1509
            )
        )
        return started[0]

    yield start
    for process in started:
        process.kill()


def heed_ctrl_c():
    """As at a terminal: what is started in the background inherits deafness to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


SERVER = f"{sys.executable} -m http.server {{port}} --bind 127.0.0.1 >/dev/null 2>&1"


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_quietly_when_it_is_told_to(serve, asked):
    process = serve(SERVER)
    assert process.stdout.readline() == "welcome\n"
    time.sleep(0.2)

    process.send_signal(asked)

    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, "Perennial has stopped.\n")


def test_a_part_that_was_told_to_end_ends_the_others_quietly(serve):
    process = serve(f"{sys.executable} -c 'raise SystemExit(0)'")

    _, said = process.communicate(timeout=20)

    assert (process.returncode, said) == (0, "Perennial has stopped.\n")


def test_a_part_that_breaks_down_is_a_failure(serve):
    process = serve(f"{sys.executable} -c 'raise SystemExit(3)'")

    _, said = process.communicate(timeout=20)

    assert (process.returncode, said.splitlines()) == (
        1,
        ["A part of Perennial has ended; so do the others."],
    )


def test_a_command_that_is_interrupted_says_so_in_one_line(monkeypatch, capsys):
    def interrupted(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(management, "execute_from_command_line", interrupted)

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")

    assert ended.value.code == 130
    assert capsys.readouterr().err == "Stopped.\n"
