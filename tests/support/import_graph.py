"""The project's imports, read from its source with `ast`; nothing is imported for it.

Owns the finding of modules and what each names in its import statements, wherever in the file
they stand. Knows no rules: tests/test_architecture.py has them.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("common", "controller_app", "target_app", "resources", "tests")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file: its dotted name, where it is, and its syntax tree."""

    module: str
    path: Path
    tree: ast.Module
    line_count: int

    def imports(self) -> frozenset[str]:
        """Every dotted name that an import statement gives: `from a import b` is a and a.b."""
        return frozenset(name for node in ast.walk(self.tree) for name in self._names(node))

    def _names(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = self._origin(node)
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        is_package = self.path.name == "__init__.py"
        parents = self.module.split(".")
        above = parents[: len(parents) - node.level + is_package]
        return ".".join([*above, node.module] if node.module else above)


def read_sources(root: Path = ROOT, packages: Iterable[str] = PACKAGES) -> dict[str, SourceFile]:
    """Read every Python file of these packages, by dotted name. Raises SyntaxError."""
    paths = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
    return {source.module: source for source in (_read(root, path) for path in paths)}


def _read(root: Path, path: Path) -> SourceFile:
    text = path.read_text(encoding="utf-8")
    parts = path.relative_to(root).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return SourceFile(module, path, ast.parse(text, str(path)), text.count("\n"))


def is_inside(module: str, rooms: Iterable[str]) -> bool:
    """Whether a dotted name is one of these rooms, or lies in one."""
    return any(module == room or module.startswith(room + ".") for room in rooms)


def everything_behind(module: str, sources: Mapping[str, SourceFile]) -> frozenset[str]:
    """All that a module imports, directly or by way of other modules of the project."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        source = sources.get(waiting.pop())
        new = (source.imports() if source else frozenset()) - found
        found |= new
        waiting += new
    return frozenset(found)
