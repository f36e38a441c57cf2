"""What ruff and the import contract can't see: how the rooms are built and joined."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "netwatch").rglob("*.py"))
STAGES = ("inventory", "polling", "diagnosis", "incidents", "communication")
#: What one stage may take of an earlier one. The inventory is everybody's; the schedule's pure core serves simulation.
DOORS_OF_A_STAGE = {"model", "settings"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_stand_at_the_top_of_their_module(path):
    inner = [
        node.lineno
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not inner, f"{name_of(path)}: imports inside functions at lines {inner}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_function_fits_on_a_screen(path):
    long = [
        f"{node.name} at {node.lineno}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 70
    ]
    assert not long, f"{name_of(path)}: above 70 lines: {long}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_module_is_one_room(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{name_of(path)} has {lines} lines: is it one room or two?"


@pytest.mark.parametrize("stage", STAGES[1:])
def test_a_stage_takes_only_the_words_of_an_earlier_stage(stage):
    """Only the wiring (pipeline, daemon, simulation) may use more than another stage's model and settings."""
    earlier = STAGES[1 : STAGES.index(stage)]
    wrong = []
    for path in sorted((ROOT / "netwatch" / stage).rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                if parts[0] == "netwatch" and len(parts) > 1 and parts[1] in earlier:
                    rest = parts[2:] or [alias.name for alias in node.names]
                    if not set(rest[:1]) <= DOORS_OF_A_STAGE:
                        wrong.append(f"{name_of(path)}:{node.lineno} imports {node.module}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(tree_of(path)), f"{name_of(path)} has no docstring"


def test_links_between_the_documents_lead_somewhere():
    broken = [
        f"{name_of(path)} -> {target}"
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)
