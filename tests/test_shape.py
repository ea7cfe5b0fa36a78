"""The shape of the tree: what no other tool checks and would go stale."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "why503"
TESTS = ROOT / "tests"
CAUSES = PACKAGE / "causes"
CASES = TESTS / "cases"
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60
HEADINGS = ("## What happens", "## How to tell", "## What to do", "## References")

_BY_HAZARDS = "tests/hazards has a case and a near miss for each of its rules"
WITHOUT_A_MIRROR = {
    "facts/source.py": "one line of text, shown by every report's test",
    "evidence/reader.py": "the shapes of readers; each reader's test fills them",
    "mesh/armed/inventory.py": _BY_HAZARDS,
    "mesh/armed/declared_port.py": _BY_HAZARDS,
    "mesh/armed/retry_rule.py": _BY_HAZARDS,
    "mesh/armed/envoy_filter.py": _BY_HAZARDS,
    "mesh/armed/spotted.py": _BY_HAZARDS,
}
"""Files with code and without a test file of their own, each with its reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(folder: Path = PACKAGE) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def rooms() -> list[Path]:
    return sorted(path for path in PACKAGE.iterdir() if any(path.glob("*.py")))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Sizes, charters, loose ends


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: size for path, size in sizes.items() if size > LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    sizes = {
        f"{name(path)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno)
        - node.lineno
        + 1
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, Function)
    }
    assert {where: size for where, size in sizes.items() if size > LINES_OF_A_FUNCTION} == {}


def test_every_room_says_in_its_first_lines_what_it_is_for() -> None:
    assert rooms()
    silent = [
        name(room)
        for room in rooms()
        if not (room / "__init__.py").is_file() or not ast.get_docstring(tree(room / "__init__.py"))
    ]
    assert silent == []


def test_nothing_is_left_for_later_in_the_code() -> None:
    later = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
    found = [
        f"{name(path)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if later.search(line)
    ]
    assert found == []


# Pages


def inline_code(page: str) -> list[str]:
    prose = re.sub(r"^(`{3,}).*?^\1$", "", page, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", prose)


def commands(page: str) -> list[list[str]]:
    """Words of every command that a page names: in backticks, or after `$` in a block."""
    typed = [
        part
        for line in re.findall(r"^\$ (.+)$", page, flags=re.MULTILINE)
        for part in line.split("#")[0].split("|")
    ]
    words = [text.split() for text in [*inline_code(page), *typed]]
    return [found[1:] if found[:2] == ["kubectl", "why503"] else found for found in words if found]


def looks_like_a_path(word: str) -> bool:
    if not re.fullmatch(r"[\w.+-]+(?:/[\w.+-]+)*/?", word) or "/" not in word:
        return False
    first = word.split("/", maxsplit=1)[0]
    return (ROOT / first).is_dir() or Path(word).suffix in {".md", ".py", ".toml"}


def paths(page: str) -> Iterator[str]:
    for text in inline_code(page):
        yield from filter(looks_like_a_path, text.split())
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page):
        if "://" not in target:
            yield target


@cache
def runs(command: str) -> bool:
    program = "import sys; from why503.cli import main; sys.argv[0] = 'why503'; sys.exit(main())"
    arguments = [sys.executable, "-c", program, command, "--help"]
    return subprocess.run(arguments, capture_output=True, check=False, cwd=ROOT).returncode == 0


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_exists(page: str) -> None:
    named = set(paths((ROOT / page).read_text(encoding="utf-8")))
    assert named
    missing = {path for path in named if not any((at / path).exists() for at in (ROOT, PACKAGE))}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_recipe_that_a_page_names_is_in_the_makefile(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = set(re.findall(r"^([a-z][\w-]*):", makefile, flags=re.MULTILINE))
    found = commands((ROOT / page).read_text(encoding="utf-8"))
    named = {words[1] for words in found if words[0] == "make" and len(words) > 1}
    assert {word for word in named if re.fullmatch(r"[a-z][\w-]*", word)} - recipes == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_can_be_asked_for_help(page: str) -> None:
    found = commands((ROOT / page).read_text(encoding="utf-8"))
    named = {words[1] for words in found if words[0] == "why503" and len(words) > 1}
    assert sorted(word for word in named if word[0].isalpha() and not runs(word)) == []


def test_the_readme_begins_with_recipes_and_shows_commands() -> None:
    found = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"make", "why503"} <= {words[0] for words in found}


# Mirror


def has_code(path: Path) -> bool:
    """True where a file holds a function that is neither a property nor a protocol's empty one."""
    module = tree(path)
    shapes = {
        id(inner)
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        and "Protocol" in {ast.unparse(base) for base in node.bases}
        for inner in ast.walk(node)
    }
    return any(
        isinstance(node, Function)
        and id(node) not in shapes
        and not any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
        for node in ast.walk(module)
    )


def mirrored() -> Iterator[Path]:
    """Files with code outside causes, which are tested by their cases."""
    for room in rooms():
        if room != CAUSES:
            yield from (
                path for path in sources(room) if path.name != "__init__.py" and has_code(path)
            )


def mirror_of(path: Path) -> Path:
    return TESTS / path.relative_to(PACKAGE).with_name(f"test_{path.name}")


def test_every_file_with_code_has_its_test_file() -> None:
    bare = [
        name(path)
        for path in mirrored()
        if path.relative_to(PACKAGE).as_posix() not in WITHOUT_A_MIRROR
        and not mirror_of(path).is_file()
    ]
    assert bare == []


def test_every_file_excused_from_having_a_test_is_there_and_has_none() -> None:
    excused = {PACKAGE / path for path in WITHOUT_A_MIRROR}
    assert {
        name(path) for path in excused if not path.is_file() or mirror_of(path).is_file()
    } == set()


# Causes and their cases


def cause_files() -> list[Path]:
    """The modules in the groups; what stands directly under `causes` is machinery."""
    modules = [path for path in sources(CAUSES) if path.parent != CAUSES]
    return [path for path in modules if not path.name.startswith("_")]


def cause_id(path: Path) -> str:
    return path.stem.replace("_", "-")


def catalogue() -> dict[Path, ModuleType]:
    from why503.causes import CATALOGUE

    return {Path(module.__file__ or ""): module for module in CATALOGUE}


every_cause = pytest.mark.parametrize("path", cause_files(), ids=cause_id)


@cache
def expectations() -> dict[Path, dict[str, Any]]:
    """The last block, `yaml expect`, of every case."""
    found = {}
    for case in sorted(CASES.rglob("*.md")):
        blocks = re.findall(
            r"^```yaml expect\n(.*?)^```",
            case.read_text(encoding="utf-8"),
            re.DOTALL | re.MULTILINE,
        )
        found[case] = yaml.safe_load(blocks[-1]) if blocks else {}
    return found


def test_the_catalogue_lists_every_cause_once_and_nothing_else() -> None:
    from why503.causes import CATALOGUE

    listed = sorted(module.__file__ or "" for module in CATALOGUE)
    assert listed == sorted(str(path) for path in cause_files())
    assert listed


def test_no_two_causes_share_an_id() -> None:
    ids = [cause_id(path) for path in cause_files()]
    assert len(ids) == len(set(ids))


@every_cause
def test_a_cause_is_named_by_its_file(path: Path) -> None:
    assert cause_id(path) == catalogue()[path].ID


@every_cause
def test_a_cause_has_the_headings_of_its_page_in_order(path: Path) -> None:
    lines = (catalogue()[path].__doc__ or "").splitlines()
    assert [line for line in lines if line.startswith("## ")] == list(HEADINGS)


@every_cause
def test_a_cause_has_a_case_where_it_wins(path: Path) -> None:
    own = CASES / cause_id(path)
    wins = [
        case
        for case, expected in expectations().items()
        if case.parent == own and expected.get("top") == cause_id(path)
    ]
    assert wins


@every_cause
def test_a_cause_has_a_near_miss_where_its_neighbour_wins(path: Path) -> None:
    wanted = cause_id(path)
    assert [case for case, found in expectations().items() if wanted in found.get("not", ())]


def test_every_case_ends_with_what_it_expects_and_stands_with_a_known_cause() -> None:
    known = {cause_id(path) for path in cause_files()} | {"none"}
    stray = [name(case) for case in expectations() if case.parent.name not in known]
    silent = [name(case) for case, expected in expectations().items() if not expected]
    assert (stray, silent) == ([], [])
