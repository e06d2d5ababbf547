"""The notebook runs, and shows what it was saved with. ``python tests/docs/test_notebook.py`` saves it anew.

It shows whole numbers, verdicts and counts, which are the same on every machine.
"""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

PATH = Path(__file__).parents[2] / "docs/notebook.ipynb"


def executed():
    """The notebook as it stands, run from its first cell; without dates and versions, so that it is the same each time."""
    notebook = nbformat.read(PATH, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", record_timing=False).execute()
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def shown(notebook):
    """The outputs of each cell of code, as HTML, or as text where there is none."""
    return {
        cell.source: [o.data.get("text/html", o.data["text/plain"]) if "data" in o else o for o in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


@pytest.mark.slow
def test_the_notebook_shows_what_it_was_saved_with():
    saved = shown(nbformat.read(PATH, as_version=4))
    assert sum(len(outputs) for outputs in saved.values()) == 4
    assert shown(executed()) == saved, "docs/notebook.ipynb is out of date: run `make sample`"


if __name__ == "__main__":
    nbformat.write(executed(), PATH)
