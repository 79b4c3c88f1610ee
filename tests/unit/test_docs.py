"""The documents use the project's words, define them, and link to what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("aggregation", "qc", "workers", "crowd")
WORDS = (
    *("project", "requester", "item", "gold", "prediction", "batch"),
    *("channel", "worker", "skill", "qualification", "HIT", "assignment", "slot", "answer"),
    *("overlap", "consensus", "run", "training set", "version", "example"),
)
# A quoted or marked-up word is spoken about, or is a name in somebody's file; it names nothing of ours.
UNMARKED = r"(?<![\w`\"'“./-]){}(?![\w`\"'”/-]|\.\w)"
STRAYS = {
    "task": re.compile(UNMARKED.format(r"tasks?(?!\s+types?\b)"), re.IGNORECASE),
    "campaign": re.compile(UNMARKED.format(r"campaigns?"), re.IGNORECASE),
    "worker's nickname": re.compile(UNMARKED.format(r"(?:turk|crowd-?work)ers?"), re.IGNORECASE),
}


def below(folder: str, *patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in sorted((ROOT / folder).rglob(pattern))]


DOCUMENTS = [*sorted(ROOT.glob("*.md")), *below("docs", "*.md"), ROOT / "bench/README.md"]
SPOKEN = [
    *DOCUMENTS,
    *below("templates", "*.html"),
    *(path for name in PACKAGES for path in below(name, "*.py")),
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def definitions() -> dict[str, str]:
    text = (ROOT / "docs/glossary.md").read_text()
    return dict(re.findall(r"^- \*\*([^*]+)\*\*: (.+?)(?=^- |^#|\Z)", text, re.MULTILINE | re.DOTALL))


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_the_glossary_defines_every_word_and_no_other():
    assert definitions().keys() == set(WORDS)


@pytest.mark.parametrize("word", WORDS)
def test_a_definition_says_something(word: str):
    assert len(definitions()[word].split()) >= 4


@pytest.mark.parametrize("path", SPOKEN, ids=name)
def test_no_stray_word_is_used(path: Path):
    found = [
        f"{name(path)}:{number}: {stray} in {line.strip()!r}; see docs/glossary.md"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for stray, pattern in STRAYS.items()
        if pattern.search(line)
    ]
    assert not found


@pytest.mark.parametrize("text", ["the task is", "Tasks", "a campaign.", "Turkers say", "crowdworkers, too"])
def test_strays_are_recognised(text: str):
    assert any(pattern.search(text) for pattern in STRAYS.values())


@pytest.mark.parametrize(
    "text", ["task types", "`task`", '{"task": 1}', "task_type", "“task”", "a worker", "multitask"]
)
def test_what_only_looks_like_a_stray_is_left_alone(text: str):
    assert not any(pattern.search(text) for pattern in STRAYS.values())


def test_the_readme_of_the_benches_names_each_and_a_page_that_names_it():
    rows = re.findall(
        r"^\| \[(\w+)\]\(\1\.py\) .*\]\(([^)]+)\) \|$", (ROOT / "bench/README.md").read_text(), re.MULTILINE
    )
    assert sorted(script for script, _ in rows) == sorted(
        path.stem for path in (ROOT / "bench").glob("*.py") if not path.stem.startswith("_")
    )
    silent = [script for script, page in rows if f"{script}.py" not in (ROOT / "bench" / page).read_text()]
    assert not silent


def test_python_of_a_page_is_run_by_some_test():
    tests = "\n".join(path.read_text() for path in below("tests", "test_*.py"))
    written = [path.stem for path in DOCUMENTS if "\n```python\n" in path.read_text()]
    assert [page for page in written if page not in tests] == []


def test_every_page_can_be_reached_from_the_first():
    index, listed = ROOT / "docs/index.md", {ROOT / "docs/index.md"}
    listed |= {
        (index.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)", index.read_text())
    }
    assert [name(path) for path in below("docs", "*.md") if path not in listed] == []


@pytest.mark.parametrize("package", ["aggregation", "crowd/services/market", "crowd/services/mturk"])
def test_a_package_s_map_names_every_module_once(package: str):
    body = (ROOT / package / "__init__.py").read_text().partition("Where to read:\n")[2].partition('"""')[0]
    named = [
        module for line in body.splitlines() for module in re.split(r"\s{2,}", line.strip())[0].split(", ")
    ]
    modules = [path.stem for path in (ROOT / package).glob("*.py") if path.stem != "__init__"]
    assert sorted(filter(None, named)) == sorted(modules)


def test_the_map_of_the_services_leaves_nothing_out():
    folder = ROOT / "crowd/services"
    named = re.findall(r"\w+", (folder / "__init__.py").read_text())
    found = [path.stem for path in folder.glob("*.py")] + [
        path.parent.name for path in folder.glob("*/__init__.py")
    ]
    assert sorted(set(found) - {*named, "__init__"}) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_relative_links_lead_somewhere(path: Path):
    prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        resolved = (path.parent / file).resolve() if file else path
        assert resolved.exists(), f"{name(path)} links to {target}, which does not exist"
        assert not anchor or anchor in anchors(resolved), f"{name(path)} links to {target}, a missing heading"
