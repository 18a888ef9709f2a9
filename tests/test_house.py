"""The house: every module imports without doing anything, and pure rooms stay pure."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import edged

ROOT = Path(edged.__file__).parent
PURE = ("model", "geometry", "detector", "core")
BANNED = {"asyncio", "socket", "logging", "yaml", "time", "threading", "subprocess", "os"}
MODULES = sorted(m.name for m in pkgutil.walk_packages([str(ROOT)], "edged.") if not m.name.endswith("__main__"))


@pytest.mark.parametrize("name", MODULES)
def test_module_imports(name: str) -> None:
    importlib.import_module(name)


@pytest.mark.parametrize("room", PURE)
def test_pure_room_imports_nothing_banned(room: str) -> None:
    found = []
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            found += [f"{path.name}:{getattr(node, 'lineno', 0)} {n}" for n in names if n.split(".")[0] in BANNED]
    assert found == []


def test_broad_except_stands_only_in_supervise() -> None:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        if path.name == "supervise.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                names = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else {"Exception"}
                if names & {"Exception", "BaseException"}:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []
