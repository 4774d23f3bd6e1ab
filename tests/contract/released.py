"""What the last release held, to tell what is new since then."""

from __future__ import annotations

import ast
import functools
import subprocess

from netproof import catalog, paths


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=paths.HOME, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


@functools.cache
def last_release() -> str:
    """The tag of the last release before this commit; "" where there is none, or no history."""
    return _git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*").strip()


def changed(lab: str) -> set[str]:
    """The ids of a lab's faults whose text is not what the last release held; none where there is no release."""
    if not last_release():
        return set()
    path = catalog.folder(lab).relative_to(paths.HOME) / "faults.py"
    before = texts(_git("show", f"{last_release()}:{path}"))
    return {name for name, text in texts((paths.HOME / path).read_text()).items() if before.get(name) != text}


def texts(source: str) -> dict[str, str]:
    """{id: text} of whatever a definition gives an id, without comments and layout."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "id" and isinstance(keyword.value, ast.Constant):
                found[str(keyword.value.value)] = ast.unparse(node)
    return found
