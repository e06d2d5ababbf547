"""The entry point of the command: Ctrl-C is one line at any moment, also while Python imports the rest."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line. While claims run, the engine takes Ctrl-C itself, and keeps what was found."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us: the next file that is opened would take its place
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "r+"))
    from . import cli

    try:
        cli.main()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said; Python's end would meet it otherwise


def _leave(*_: object) -> None:
    # Not by an exception, which would meet whatever is at work, Python's own end too.
    os.write(2, b"lecture-claims: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main()
