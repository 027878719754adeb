import pytest

from app.db.connections.connect import Connection
from tests.apis.glue.catalogue import Catalogue


@pytest.fixture
def catalogue(connection: Connection) -> Catalogue:
    return Catalogue(connection)
