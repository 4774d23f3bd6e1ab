"""Modules import from layers below their own, or from their own package; every module has a layer.

Imports inside functions count: they make a start faster, not a layer higher.
"""

from __future__ import annotations

import ast
import functools
import graphlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# From top to bottom. A package stands for its modules; what shares a line does not import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("tasks", "conftest"),
    ("netproof.cli",),
    ("netproof.handbook",),
    ("netproof.fixtures", "netproof.matrix"),
    ("netproof.practice",),
    ("netproof.build", "netproof.doctor", "netproof.walk"),
    ("netproof.capture",),
    ("netproof.lab",),
    ("netproof.hosts",),
    ("netproof.images",),
    ("netproof.engine",),
    ("netproof.catalog", "netproof.graph"),
    ("netproof.facts",),
    ("netproof.model", "netproof.state"),
    ("netproof.errors", "netproof.wait"),
    ("netproof.program",),
    ("netproof.paths", "netproof.progress"),
)
OURS = {"netproof", "tasks", "conftest"}
# Folders that keep their own name; what is in them is imported by way of links.
FOLDERS = {"orchestrator", "fixtures", "labs"}
# The agent is shipped to lab hosts, nobody imports it; labs are reached through the catalogue; the top is empty.
APART = ("netproof.agent", "netproof.labs")
EMPTY = {"netproof"}


def module_name(path: Path, root: Path) -> str:
    """The name by which a file is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(root: Path, *patterns: str) -> dict[str, Path]:
    """Modules under a root, by name."""
    return {module_name(path, root): path for pattern in patterns for path in sorted(root.glob(pattern))}


def _base(node: ast.ImportFrom, path: Path, root: Path) -> str:
    """What an import is from, with leading dots resolved."""
    if not node.level:
        return node.module or ""
    folder = path.parent
    for _ in range(node.level - 1):
        folder = folder.parent
    return ".".join([*folder.relative_to(root).parts, *([node.module] if node.module else [])])


@functools.cache
def parsed(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text())


@functools.cache
def _is_module(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").exists() or (folder / name).is_dir()


@functools.cache
def imports(path: Path, root: Path) -> tuple[tuple[int, str], ...]:
    """(line, module) of every import in a file, wherever it is; `from a import b` is a.b when that is a module."""
    return tuple(_imports(path, root))


def _imports(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, path, root)
            folder = root.joinpath(*base.split("."))
            for name in node.names:
                is_module = _is_module(folder, name.name)
                yield node.lineno, f"{base}.{name.name}" if is_module else base


def within(module: str, package: str) -> bool:
    """Whether a module is a package or one of its modules."""
    return module == package or module.startswith(f"{package}.")


def place(module: str, layers: Sequence[Sequence[str]]) -> tuple[int, str] | None:
    """(layer from the top, package) of a module."""
    for number, layer in enumerate(layers):
        for package in layer:
            if within(module, package):
                return number, package
    return None


def violations(root: Path, found: dict[str, Path], layers: Sequence[Sequence[str]]) -> list[str]:
    """Modules without a layer, and imports that do not point down."""
    wrong = []
    for module, path in found.items():
        here = place(module, layers)
        if here is None:
            wrong.append(f"{module} has no layer")
            continue
        for line, name in imports(path, root):
            if name.split(".")[0] in FOLDERS:
                wrong.append(f"{path.relative_to(root)}:{line} imports {name} by the name of a folder")
            there = place(name, layers)
            if name.split(".")[0] not in OURS or name in EMPTY or (there and there[1] == here[1]):
                continue
            if there is None or there[0] <= here[0]:
                wrong.append(f"{path.relative_to(root)}:{line} imports {name}")
    return wrong


def ours() -> dict[str, Path]:
    """The modules that have a place in the layers."""
    found = modules(ROOT, "tasks.py", "conftest.py", "netproof/*.py", "netproof/*/**/*.py")
    return {
        name: path
        for name, path in found.items()
        if name not in EMPTY and not any(within(name, package) for package in APART)
    }


def test_imports_point_downward() -> None:
    """Every module has a layer and imports only from layers below it or from its own package."""
    assert violations(ROOT, ours(), LAYERS) == []


def test_every_layer_is_made_of_modules_that_exist() -> None:
    """The list of layers names nothing that is gone."""
    listed = {package for layer in LAYERS for package in layer}
    assert {package for package in listed if not any(within(module, package) for module in ours())} == set()


def test_no_modules_import_each_other() -> None:
    """No circles, not even by way of imports that only types need; the agent's are relative."""
    found = ours() | modules(ROOT, "netproof/agent/*.py")
    graph = {
        name: {there for _, there in imports(path, ROOT) if there in found and there != name}
        for name, path in found.items()
    }
    assert list(graphlib.TopologicalSorter(graph).static_order())


def test_the_packages_at_the_top_are_empty() -> None:
    """Importing one module of a package does not import others by way of its parent."""
    for name in EMPTY:
        assert list(imports(ROOT / name / "__init__.py", ROOT)) == []


DEFINITIONS = {
    module_name(path, ROOT): path
    for part in ("lab", "names", "checks", "faults", "walks")
    for path in sorted(ROOT.glob(f"netproof/labs/*/{part}.py"))
}
WORDS = {"__future__", "collections.abc", "typing", "netproof.model"}


@pytest.mark.parametrize("module", DEFINITIONS)
def test_definitions_import_only_the_model(module: str) -> None:
    """A lab is described with nothing but the words of netproof.model, and by definitions of the same lab."""
    folder = module.rpartition(".")[0]
    own = {name for name in DEFINITIONS if name.startswith(f"{folder}.")}
    assert {name for _, name in imports(DEFINITIONS[module], ROOT)} <= WORDS | own


def test_labs_are_reached_only_through_the_catalogue() -> None:
    """No module imports a lab, by statement or by name, but netproof.catalog."""
    for module, path in ours().items():
        assert not [name for _, name in imports(path, ROOT) if within(name, "netproof.labs")], module
        texts = [node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant)]
        by_name = [text for text in texts if isinstance(text, str) and text.startswith("netproof.labs.")]
        assert bool(by_name) is (module == "netproof.catalog"), module


AGENT = sorted((ROOT / "orchestrator" / "agent").glob("*.py"))


@pytest.mark.parametrize("path", AGENT, ids=[path.name for path in AGENT])
def test_the_agent_stands_alone(path: Path) -> None:
    """What is shipped to lab hosts needs the standard library and pyroute2, and calls itself by relative imports."""
    for node in ast.walk(parsed(path)):
        names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names | {"pyroute2"}
        assert not isinstance(node, ast.ImportFrom) or node.level <= 1


def test_nobody_imports_the_agent() -> None:
    """The orchestrator ships the agent and speaks with it, it does not run its code."""
    assert [
        f"{module}:{line}"
        for module, path in ours().items()
        for line, name in imports(path, ROOT)
        if within(name, "netproof.agent")
    ] == []


# The check itself


TINY = (("netproof.top", "netproof.beside"), ("netproof.package",), ("netproof.bottom",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of four modules and a package, without imports."""
    for name in ("top", "beside", "bottom", "package/__init__", "package/inner", "package/other"):
        path = tmp_path / "netproof" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def check(tree: Path, module: str, text: str) -> list[str]:
    """What the check says when a module of the tree holds this text."""
    (tree / "netproof" / f"{module}.py").write_text(text)
    parsed.cache_clear()
    imports.cache_clear()
    return violations(tree, modules(tree, "netproof/**/*.py"), TINY)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("top", "from netproof import bottom"),
        ("top", "import netproof.package.inner"),
        ("top", "from netproof.package import inner"),
        ("package/inner", "from netproof.package import other"),
        ("package/inner", "from . import other"),
        ("package/__init__", "from netproof.package.inner import x"),
        ("bottom", "import os\nfrom json import loads"),
    ],
)
def test_the_check_lets_downward_imports_pass(tree: Path, module: str, text: str) -> None:
    """Imports from below, from one's own package and from elsewhere are fine."""
    assert check(tree, module, text) == []


@pytest.mark.parametrize(
    ("module", "text", "line", "imported"),
    [
        ("bottom", "from netproof import top", 1, "netproof.top"),
        ("bottom", "import os\nimport netproof.top", 2, "netproof.top"),
        ("bottom", "from netproof.package.inner import x", 1, "netproof.package.inner"),
        ("bottom", "def f():\n    from . import top", 2, "netproof.top"),
        ("bottom", "from .package import inner", 1, "netproof.package.inner"),
        ("package/inner", "from ..top import x", 1, "netproof.top"),
        ("package/inner", "if True:\n  from .. import top", 2, "netproof.top"),
        ("top", "from netproof import beside", 1, "netproof.beside"),
        ("top", "import netproof.labs.bridge_nat.lab", 1, "netproof.labs.bridge_nat.lab"),
        ("bottom", "from netproof.unheard_of import x", 1, "netproof.unheard_of"),
    ],
)
def test_the_check_notices_other_imports(tree: Path, module: str, text: str, line: int, imported: str) -> None:
    """Imports from above, from beside, from no layer, inside functions and relative ones are told with their line."""
    assert check(tree, module, text) == [f"netproof/{module}.py:{line} imports {imported}"]


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_the_check_notices_the_name_of_a_folder(tree: Path, folder: str) -> None:
    """Installed, there is one name; by another the same module would be loaded twice."""
    found = check(tree, "top", f"from {folder} import model")
    assert found == [f"netproof/top.py:1 imports {folder} by the name of a folder"]


def test_the_check_notices_a_module_without_a_layer(tree: Path) -> None:
    """A new module has to be given a place."""
    assert check(tree, "new", "") == ["netproof.new has no layer"]
