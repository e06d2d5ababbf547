"""The documents as a site: built without a warning, with a page for each, and nothing in it that comes from a network."""

import re
import shutil

import documents
import pytest
from documents import ROOT
from lectureclaims.reference.operators.catalogue import OPERATIONS
from lying import run_command

pytest.importorskip("sphinx", reason="the site is built with the extra docs; `make` installs it")


def built(source, out):
    """What Sphinx says of a site that it builds strictly: its end, and the folder."""
    options = ("-q", "-W", "--keep-going", "-c", str(source / "docs/site"), "-d", str(out / "doctrees"))
    return run_command("python", "-m", "sphinx", *options, str(source), str(out / "site"), cwd=source), out / "site"


def loads(page):
    """What a browser would fetch for a page from elsewhere."""
    return re.findall(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="((?:https?:)?//[^"]+)"', page)


@pytest.mark.rare
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    done, site = built(ROOT, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for path in documents.DOCUMENTS:
        assert (site / path.relative_to(ROOT).with_suffix(".html")).is_file()
    first = (site / "index.html").read_text(encoding="utf-8")
    assert '<a href="docs/sample/index.html">' in first and (site / "docs/sample/index.html").is_file()
    for kind in ("Tutorial", "How to", "Reference", "Explanation"):
        assert f'<span class="caption-text">{kind}</span>' in first
    reference, commands = ((site / f"docs/{name}.html").read_text(encoding="utf-8") for name in ("api", "commands"))
    assert "assert_within_rounding" in reference
    assert [
        name for name in OPERATIONS if f".{name}</span>" not in reference and f">{name}</span>" not in reference
    ] == []
    assert "Usage: lecture-claims verify [OPTIONS]" in commands
    assert [loads(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")].count([]) == len(
        [*site.rglob("*.html")]
    )
    assert not re.search(r"url\(['\"]?(?:https?:)?//", "".join(p.read_text("utf-8") for p in site.rglob("*.css")))


def test_what_a_page_loads_would_be_found():
    assert loads('<a href="https://a.org"><script defer src="https://b.org/c.js"><link href="//fonts.org/d.css">') == [
        "https://b.org/c.js",
        "//fonts.org/d.css",
    ]


FLAWS = {
    "[gone](gone.md)": "target not found: 'gone.md'",
    "[gone](b.md#gone)": "local id not found",
    "```pythom\nx\n```": "lexer name 'pythom' is not known",
}


@pytest.mark.parametrize("flaws", [{}, FLAWS], ids=["sound", "with flaws"])
def test_a_flaw_ends_the_build(tmp_path, flaws):
    shutil.copytree(ROOT / "docs/site", tmp_path / "docs/site")
    (tmp_path / "docs/sample").mkdir()
    (tmp_path / "README.md").write_text("# One\n\n[a](docs/a.md), [a folder](docs/)\n", encoding="utf-8")
    (tmp_path / "docs/README.md").write_text("# Two\n\n## How to\n\n- [a](a.md)\n- [b](b.md)\n", encoding="utf-8")
    (tmp_path / "docs/a.md").write_text("\n\n".join(["# A", *flaws]) + "\n", encoding="utf-8")
    (tmp_path / "docs/b.md").write_text("# B\n", encoding="utf-8")
    if flaws:
        (tmp_path / "docs/c.md").write_text("# C, of no list\n", encoding="utf-8")
    done, _ = built(tmp_path, tmp_path / "build")
    assert (done.returncode == 0) is (not flaws), done.stderr
    assert [said for said in flaws.values() if said not in done.stderr] == []
    assert ("isn't included in any toctree" in done.stderr) is bool(flaws)
