"""lecture-claims: every assertion of a lecture, put to the test on real frameworks.

The rooms, each importing only those below it: ``lectureclaims.reports`` (evidence in, text out; the command line),
``lectureclaims.claims`` (the lecture and the engine that tests it), ``lectureclaims.reference`` (what the operations
mean, and what each library calls them).
"""

import sys

if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
    from .reports.embedded import notebook

    notebook.register(shell)
