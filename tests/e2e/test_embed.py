"""How a sign-in begins on a client's own page: asked over HTTP, as the script's frame asks."""

from __future__ import annotations

import pytest

from opensaldo.engine.embedding import register_origin
from tests.e2e.fixtures import World
from tests.e2e.test_auto_import import embedded

SHOP = "https://shop.example"


@pytest.mark.parametrize("production", [False, True], ids=["test", "production"])
@pytest.mark.parametrize("wanted", ["true", "false"])
def test_who_wants_test_logins_only_never_gets_real_ones(
    world: World, production: bool, wanted: str
):
    api = world.client(production=production)
    world.house.run(lambda platform: register_origin(platform.store, api.client_id, SHOP))
    page = embedded(world, api, widgetEmbeddedUrl=SHOP + "/apply", forceTestCredentials=wanted)
    if production and wanted == "true":
        assert (page.status, page.location) == (400, None)
        assert "Production has no test logins" in page.body
    else:
        assert (page.status, page.location is not None) == (303, True)
