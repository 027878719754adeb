import pytest

from app.db.connect import Connection
from tests.dialects.glue.catalogue import Catalogue


@pytest.fixture
def catalogue(connection: Connection) -> Catalogue:
    return Catalogue(connection)
