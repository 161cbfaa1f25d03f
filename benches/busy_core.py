#!/usr/bin/env python3
"""How much of its speed one lane keeps while another program wants a core.

Trains one lane with all threads for some seconds: on idle cores and beside an endless loop, in turns; without a screen
and in a pseudo-terminal of 120 x 40; with each kind of image tower. Counts the steps that the run folder has after so
many seconds, from the moment that the lane is there, and prints the ratio of the medians.

    python3 benches/busy_core.py target/release/clip-lab [--seconds S] [--turns N] [--towers A,B] [--ways A,B]
"""

import argparse
import os
import pty
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from fcntl import ioctl
from pathlib import Path

# A bundled scenario for each tower, and what is changed in it.
TOWERS = {
    "resnet": ("clip", None),
    "tok": ("clip-vit", None),
    "avg": ("clip-vit", ("pool: Cls", "pool: Avg")),
    "map": ("siglip-vit", None),
}
WAYS = ("headless", "screen")
PATIENCE = 60


def scenario(program, folder, tower):
    """The path of a scenario with this tower that neither ends nor evaluates within the time."""
    name, change = TOWERS[tower]
    text = subprocess.run([program, "scenarios", name], check=True, capture_output=True, text=True).stdout
    if change:
        if text.count(change[0]) < 1:
            sys.exit(f"{name} has no {change[0]!r} any more")
        text = text.replace(*change, 1)
    path = Path(folder) / f"{tower}.ron"
    path.write_text(text)
    return path


def start(program, path, out, way):
    """The process, training."""
    arguments = [str(path), "--out", str(out)]
    if way == "headless":
        return subprocess.Popen([program, "run", *arguments], stdout=subprocess.DEVNULL, start_new_session=True)
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    env = dict(os.environ, TERM="xterm-256color", COLORTERM="truecolor")
    child = subprocess.Popen([program, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=env,
                             start_new_session=True)
    os.close(theirs)

    def read():
        try:
            while os.read(ours, 1 << 16):
                pass
        except OSError:
            pass
        os.close(ours)

    threading.Thread(target=read, daemon=True).start()
    return child


def steps(out):
    """Steps on record, or None before the lane is there."""
    records = Path(out) / "metrics.jsonl"
    lines = records.read_bytes() if records.exists() else b""
    return lines.count(b'"event":"step"') if b'"event":"started"' in lines else None


def measure(program, path, way, busy, seconds):
    """Steps a second from the lane's start on."""
    spin = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        child = start(program, path, out, way)
        try:
            limit = time.monotonic() + PATIENCE
            while steps(out) is None:
                if time.monotonic() > limit or child.poll() is not None:
                    sys.exit(f"{path.stem}, {way}: nothing was trained")
                time.sleep(0.02)
            began = time.monotonic()
            time.sleep(seconds)
            return steps(out) / (time.monotonic() - began)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
            if spin:
                spin.kill()
                spin.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--towers", default=",".join(TOWERS))
    parser.add_argument("--ways", default=",".join(WAYS))
    chosen = parser.parse_args()
    print(f"{'tower':8} {'way':9} {'idle':>8} {'busy':>8}  ratio   (steps a second, {chosen.seconds:g} s)")
    with tempfile.TemporaryDirectory() as folder:
        for tower in chosen.towers.split(","):
            path = scenario(chosen.program, folder, tower)
            for way in chosen.ways.split(","):
                seen = {False: [], True: []}
                for _ in range(chosen.turns):
                    for busy in seen:
                        seen[busy].append(measure(chosen.program, path, way, busy, chosen.seconds))
                idle, busy = (statistics.median(seen[busy]) for busy in (False, True))
                print(f"{tower:8} {way:9} {idle:8.2f} {busy:8.2f}  {busy / idle:5.2f}", flush=True)


if __name__ == "__main__":
    main()
