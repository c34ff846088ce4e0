"""The two shops: who is lost is told by silence in the first, by contracts in the second."""

from __future__ import annotations

import pytest

from tests.superset.metrics.shop import Shop, open_shop

KINDS = {"silence": 1, "contracts": 2}


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shop]:
    return {kind: open_shop(seed, tmp_path_factory.mktemp(kind)) for kind, seed in KINDS.items()}


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, shops: dict[str, Shop]) -> Shop:
    return shops[request.param]
