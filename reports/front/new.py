"""``lecture-claims new claim``: a claim that verifies at once, to be rewritten into one's own.

A claim is one file, ``<section>/<name>.py``; a statistical one is a folder, ``<section>/<name>/``, with the claim, its design, its
gates and the design's history side by side. The folder ``templates`` has them, with $placeholders.
"""

from __future__ import annotations

import importlib
import keyword
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Template

from ...claims.engine import lecture
from ...claims.engine.verification import BadRequest
from ...claims.language import Claim, population

TEMPLATES = Path(__file__).parent / "templates"
ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def claim(id: str, *, folder: bool, lecture_folder: Path | None) -> Iterator[str]:
    """Write a claim's files from the template; yields what was written and what to do next.

    Raises BadRequest for an id that is malformed or there already, and for a statistical claim of a lecture that is no package.
    """
    home = (lecture_folder or lecture.OWN).resolve()
    own = home == lecture.OWN.resolve()
    project = lecture.OWN.parents[1] / "pyproject.toml"
    if not (home / "lecture.md").is_file():
        raise BadRequest(f"lecture={str(home)!r}: lecture.md is missing; give the folder of a lecture")
    if not ID.fullmatch(id) or any(keyword.iskeyword(part) for part in id.split(".")):
        raise BadRequest(f"id={id!r}: expected section.name in small letters, digits and _; such as convolution.flip")
    if own and not project.is_file():
        raise BadRequest("lecture: this one is installed, not checked out; give --lecture DIR, a folder of your own")
    if folder and not own:
        raise BadRequest(f"folder: a design is a package of the repository; {str(home)!r} is none; leave --folder out")
    section, name = id.split(".")
    path = home / section / (name if folder else f"{name}.py")
    if id in {one.id for m in lecture.sections(home) for one in vars(m).values() if isinstance(one, Claim)}:
        raise BadRequest(f"id={id!r}: there is a claim of this id already; choose another")
    if path.exists():
        raise BadRequest(f"id={id!r}: {path} is there already; choose another name")
    path.parent.mkdir(exist_ok=True)
    new_package = own and not (path.parent / "__init__.py").exists()
    if new_package:
        (path.parent / "__init__.py").touch()
    if folder:
        _write_folder(path, id, name)
    else:
        _write(path, "claim", id=id, name=name, **_imports(own, depth=4))
    yield f"Wrote {path}{'/' if folder else ''}"
    packages = [f'"lectureclaims.claims.lecture.{part}"' for part in (section, f"{section}.{name}")]
    missing = packages[0 if new_package else 1 : 2 if folder else 1]
    if missing:
        yield f"Add to packages in {project}: {', '.join(missing)}"
    if id not in _named(home / "sentences.toml"):
        yield f'Name it under the sentence that makes it, in {home / "sentences.toml"}: claims = ["{id}"]'
    where = "" if own else f" --lecture {shlex.quote(str(lecture_folder))}"
    yield f"Try it: lecture-claims verify {id} --backend numpy{where}"
    yield (
        "Then put your sentence, your experiment and your wrongs in the place of the template's "
        "(CONTRIBUTING.md says how; `lecture-claims operations`: what to ask for)."
    )


def _write_folder(path: Path, id: str, name: str) -> None:
    path.mkdir()
    (path / "__init__.py").touch()
    imports = _imports(True, depth=5)
    _write(path / "claim.py", "study", id=id, name=name, **imports)
    _write(path / "design.py", "design")
    _write(path / "gates.py", "gates", **imports)
    importlib.invalidate_caches()
    design = importlib.import_module(f"{lecture.__name__.rsplit('.', 2)[0]}.lecture.{id}.design")
    _write(path / "versions.toml", "versions", name=name, digest=population.digest_of(design))


def _write(path: Path, template: str, **told: str) -> None:
    text = (TEMPLATES / f"{template}.template").read_text(encoding="utf-8")
    path.write_text(Template(text).substitute(told), encoding="utf-8")


def _imports(own: bool, *, depth: int) -> dict[str, str]:
    """How a claim's file names the package: by dots in ours, in full in a lecture of the user's own."""
    if own:
        return {"root": "." * (depth - 1), "language": "." * (depth - 1) + "language"}
    return {"root": "lectureclaims", "language": "lectureclaims.claims.language"}


def _named(ledger: Path) -> set[str]:
    """The claims that the ledger names, if there is one."""
    rows = tomllib.loads(ledger.read_text(encoding="utf-8")).get("sentence", ()) if ledger.is_file() else ()
    return {claim for row in rows for claim in row.get("claims", ())}
