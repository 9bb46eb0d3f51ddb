"""A hamlet shared by the tests of this folder; measures must leave it as it is."""

import pytest

from twin import progress
from twin.scenario.hamlet import hamlet


@pytest.fixture(autouse=True)
def quiet():
    progress.show(False)
    yield
    progress.show(None)


@pytest.fixture(scope="session")
def village():
    return hamlet()
