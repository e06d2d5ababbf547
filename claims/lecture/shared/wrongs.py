"""Wrongs that many claims must refute: a library with a known mistake or another operation, and one arm's numbers in another's place."""

import functools

from ....reference import mistakes
from ...language import Wrong, population


def another(operation, mutant, **where):
    """Another operation in a library's place, tried where the library has the operation. ``where``: see :func:`mistaken`."""
    return Wrong(operations={operation: mutant}, **{"needs": (operation,), **where})


def mistaken(mistake, *operations, **where):
    """A library that makes a known mistake in these operations. ``where``: what else :class:`Wrong` takes, ``needs`` or ``cases``."""
    mutants = {name: functools.partial(mistakes.commit, mistake=mistake, operation=name) for name in operations}
    return Wrong(operations=mutants, **where)


def arm_for_arm(experiment, arm, *, replaced):
    """The mistake of taking one arm of a study for another: its numbers stand in the place of those of ``replaced``."""
    return Wrong(
        says={"arms": functools.partial(population.in_place_of, experiment=experiment, arm=arm, replaced=replaced)}
    )
