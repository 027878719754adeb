"""A served shop, whose metrics are read."""

from tests.apis.v1.conftest import _serve, _shop

serve = _serve
shop = _shop
