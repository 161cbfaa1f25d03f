#!/usr/bin/env python3
"""How long the lab takes from a key to the screen's answer, while a step takes long.

Opens the program in a pseudo-terminal of 120 x 40 with a batch so large that a step takes half a second or
more, presses keys that change what is shown, and takes the time until bytes come. The screen is otherwise
written to only when a step ends, so a few answers may be news of the training instead: with steps this
long, about one in twenty.

    python3 benches/latency.py target/release/clip-lab [PRESSES]
"""

import os
import pty
import random
import select
import statistics
import struct
import sys
import termios
import time
from fcntl import ioctl


def drain(fd, seconds):
    """Reads until nothing has come for so long."""
    while select.select([fd], [], [], seconds)[0]:
        if not os.read(fd, 1 << 16):
            return


def main():
    program, presses = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(program, [program, "clip", "--set", "batch_size=768"])
    ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.monotonic()
    while time.monotonic() - began < 15:
        drain(fd, 0.5)
        time.sleep(0.05)
    random.seed(0)
    times = []
    for i in range(presses):
        drain(fd, random.uniform(0.02, 0.12))
        start = time.monotonic()
        os.write(fd, b"tbne"[i % 4 : i % 4 + 1])
        if not select.select([fd], [], [], 5)[0]:
            sys.exit("no answer within five seconds")
        times.append((time.monotonic() - start) * 1e3)
    os.write(fd, b"q")
    quit_at = time.monotonic()
    try:
        while os.read(fd, 1 << 16):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
    times.sort()
    print(f"{presses} keys: median {statistics.median(times):.1f} ms, "
          f"p95 {times[int(len(times) * 0.95)]:.1f} ms, most {times[-1]:.1f} ms; "
          f"quit after {time.monotonic() - quit_at:.1f} s")


if __name__ == "__main__":
    main()
