"""Shared by the tests of the city: hypothesis without a time limit per example, and the sample cities, loaded once."""

from __future__ import annotations

import pytest
from hypothesis import settings

import twin

# the first example compiles kernels, and shared machines pause
settings.register_profile("city", deadline=None)
settings.load_profile("city")


@pytest.fixture(scope="session")
def bayreuth() -> twin.City:
    return twin.sample_city("bayreuth")


@pytest.fixture(scope="session")
def tiergarten() -> twin.City:
    return twin.sample_city("tiergarten")
