"""The claims beside a lab as their source declares them, read without running or importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from netproof import catalog
from netproof.errors import DefinitionError
from netproof.paths import HOME


@frozen
class Declared:
    """A claim marker, where it stands, and its test's source. `verdict` is a word, or words by engine.

    `advice` is what somebody is to do who changes from one engine to another on which it comes out differently.
    """

    id: str
    says: str
    verdict: str | Mapping[str, str]
    behaviour: str
    source: str
    advice: str
    needs: tuple[str, ...]
    path: Path
    line: int
    code: str


def claims(lab: str) -> list[Declared]:
    """The claims of a lab, in the order of its files; none when it has none yet."""
    return [claim for path in sorted(catalog.folder(lab).glob("test_*.py")) for claim in in_file(path)]


def advice(lab: str) -> dict[str, str]:
    """{claim: what to do where engines differ}; none for a lab that the catalogue does not have."""
    return {claim.id: claim.advice for claim in claims(lab) if claim.advice} if lab in catalog.names() else {}


def in_file(path: Path) -> list[Declared]:
    """The claims of one file. Values that are not written out, or named at its top, are left empty."""
    text = path.read_text("utf-8")
    try:
        tree = ast.parse(text, str(path))
    except SyntaxError as error:
        where = f"{path.relative_to(HOME) if path.is_relative_to(HOME) else path}:{error.lineno}"
        raise DefinitionError(path.name, path.parent.name, error.msg, "Mend the claims.", where) from None
    lines = text.splitlines()
    named = dict(_constants(tree))
    return [
        _declared(function, call, named, path, lines)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for call in function.decorator_list
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.claim"
    ]


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = _value(statement.value, {})
            if value is not None:
                yield statement.targets[0].id, value


def _value(node: ast.expr, named: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return named.get(node.id)
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
        values = [_value(part, named) for part in parts]
        return None if None in values else "".join(map(str, values))
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _declared(
    function: ast.FunctionDef, call: ast.Call, named: Mapping[str, Any], path: Path, lines: list[str]
) -> Declared:
    words = {keyword.arg: _value(keyword.value, named) for keyword in call.keywords}
    return Declared(
        id=str(_value(call.args[0], named)) if call.args else "",
        says=words.get("says") or "",
        verdict=words.get("verdict") or "",
        behaviour=" ".join((ast.get_docstring(function) or "").split("\n\n")[0].split()),
        source=words.get("source") or "",
        advice=words.get("advice") or "",
        needs=tuple(words.get("needs") or ()),
        path=path,
        line=call.lineno,
        code="\n".join(lines[call.lineno - 1 : function.end_lineno]),
    )
