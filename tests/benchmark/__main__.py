"""python -m tests.benchmark ROUNDS [--json]: what `invoke bench` runs."""

from __future__ import annotations

import json
import sys

from tests.benchmark.bench import as_json, as_text, run


def _say(text: str) -> None:
    sys.stderr.write(f"  {text}\n")


if __name__ == "__main__":
    report = run(int(sys.argv[1]), _say)
    sys.stdout.write((json.dumps(as_json(report), indent=2) if "--json" in sys.argv else as_text(report)) + "\n")
