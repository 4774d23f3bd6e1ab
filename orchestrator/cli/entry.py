"""`netproof`: the program that an installed netproof is. The same commands are Invoke's in a clone."""

from __future__ import annotations

import sys

from netproof import program
from netproof.cli import front, streams


def main() -> None:
    """Run a command line of `netproof`."""
    program.called(program.OWN)
    words = sys.argv[1:]
    _answer_at_once(words)
    # What takes a while to import follows once it is known to be needed.
    from netproof.cli import grammar  # noqa: PLC0415
    from netproof.cli.commands import ns  # noqa: PLC0415
    from netproof.cli.own_program import OwnProgram  # noqa: PLC0415

    own = OwnProgram(namespace=ns, name=program.OWN, binary=program.OWN)
    grammar.check_arguments(ns, words, own.initial_context)
    own.run()


def _answer_at_once(words: list[str]) -> None:
    front.answer(words)
    if words[0] in {"--version", "-V"}:
        streams.answer(version())
    if words[0].partition("=")[0] == "--print-completion-script":
        _, given, shell = words[0].partition("=")
        words[:] = ["completion", *([shell] if given else words[1:])]
        sys.argv[1:] = words


def version() -> str:
    """netproof's version, and those of what it runs on."""
    from importlib.metadata import version as of  # noqa: PLC0415 - only this needs it

    from netproof import __version__  # noqa: PLC0415 - as above

    python = ".".join(map(str, sys.version_info[:3]))
    return f"netproof {__version__} (Python {python}, docker-py {of('docker')}, Invoke {of('invoke')})"


if __name__ == "__main__":
    main()
