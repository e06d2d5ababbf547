"""The documents as a site: `make site`. Sphinx reads them as they stand in the repository, and needs no network.

What there is and of which kind it is, is said once, in docs/README.md: its headings and links are the site's contents. Two pages have more here than
in the repository, made from the code: every command with its options, every operation with its formula.
"""

import re
import shutil
from pathlib import Path

from lectureclaims.reference.operators import catalogue
from lectureclaims.reports.front import cli
from pygments.lexers.special import TextLexer
from typer.main import get_command

ROOT = Path(__file__).parents[2]

project = "lecture-claims"
copyright = "the lecture-claims maintainers; code MIT, the lecture's text CC BY 4.0"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "docs/api.rst", "tests/README.md"]
exclude_patterns = [".venv", "build", "reports", "docs/sample"]
myst_heading_anchors = 4
autodoc_member_order = "bysource"
html_theme = "furo"
html_title = project
html_show_sphinx = False


def contents(index):
    """A hidden table of contents for each heading of the index, with the documents that it links to, in its order."""
    parts = re.split(r"^## (.+)$", index, flags=re.MULTILINE)[1:]
    found = ""
    for caption, text in zip(parts[::2], parts[1::2], strict=True):
        links = re.findall(r"\]\((?!sample/)([\w./-]+)\.(?:md|rst)\)", text)
        pages = "\n".join(f"docs/{link}".replace("docs/../", "") for link in links)
        found += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n{pages}\n```\n"
    return found


def options():
    """The help of each command."""
    found = "\n## Every option\n"
    for name, command in sorted(get_command(cli.app).commands.items()):
        context = command.context_class(command, info_name=f"lecture-claims {name}")
        found += f"\n### {name}\n\n```text\n{command.get_help(context)}\n```\n"
    return found


def operations():
    """Each operation by name: its formula, what it is called too, and the operator's docstring."""
    found = "\nOperations\n----------\n"
    for name, operation in sorted(catalogue.OPERATIONS.items()):
        also = f" Also called {', '.join(operation.aliases)}." if operation.aliases else ""
        found += f"\n.. autofunction:: {operation.function.__module__}.{name}\n"
        found += f"\n   Operation: {plain(operation.says)}.{also}\n"
    return found


GENERATED = {"docs/commands": options, "docs/api": operations}


FOLDER = re.compile(r"\[([^]]+)\]\([\w./-]+/\)")
SAMPLE = re.compile(r"\[([^]]+)\]\(((?:docs/)?sample/)(?:report\.md|index\.html)\)")


def read(app, page, source):
    """A page as it is built: the first with the contents, the decisions with theirs, two with what is made from the code. Folders have no page
    here, and links to them become text; the sample report is a page by itself, which a link opens."""
    source[0] = SAMPLE.sub(r'<a href="\2index.html">\1</a>', FOLDER.sub(r"\1", source[0]))
    if page == root_doc:
        source[0] += contents((ROOT / "docs/README.md").read_text(encoding="utf-8") + "\n[this](README.md)\n")
    elif page == "docs/decisions/README":
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n[0-9]*\n```\n"
    elif page in GENERATED:
        source[0] += GENERATED[page]()


def plain(text):
    """In |x| and *spatial nothing is markup."""
    return re.sub(r"[|*]", r"\\\g<0>", text)


def escape(app, what, name, thing, options, lines):
    """Docstrings are plain text, but for code between double backticks."""
    lines[:] = ["``".join(part if k % 2 else plain(part) for k, part in enumerate(line.split("``"))) for line in lines]


def finish(app, failure):
    """The first page under the name that a server looks for, and the sample report."""
    if not failure and app.builder.name == "html":
        shutil.copy(app.outdir / "README.html", app.outdir / "index.html")
        shutil.copytree(ROOT / "docs/sample", app.outdir / "docs/sample", dirs_exist_ok=True)


def setup(app):
    app.add_lexer("mermaid", TextLexer)  # what draws the graph of the rooms would come from a network: here it is text
    app.connect("source-read", read)
    app.connect("autodoc-process-docstring", escape)
    app.connect("build-finished", finish)
