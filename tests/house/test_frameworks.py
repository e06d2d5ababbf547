"""Many tests may skip where a library is absent, if one fails for it: this one."""

import pytest
from lectureclaims.reference import libraries


@pytest.mark.parametrize("backend", libraries.every())
def test_every_library_of_the_repository_is_installed(backend):
    assert libraries.installed(backend), (
        f"{backend} is not installed: `make test` installs everything that the repository verifies"
    )
