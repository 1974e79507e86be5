import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ims_core import VERSION, api
from tests.builders import Shop


@pytest.fixture
def client(shop: Shop) -> TestClient:
    return TestClient(Starlette(routes=api.routes(lambda: shop.db)))


def test_health_says_ok_and_counts_the_changes(client: TestClient, shop: Shop) -> None:
    shop.item("KETTLE")
    answer = client.get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {"state": "ok", "version": VERSION, "changes": 1}


def test_health_says_failed_where_the_database_does_not_answer_and_tells_nothing_else(shop: Shop) -> None:
    def gone() -> object:
        raise OSError("disk /dev/sda1 is on fire")

    answer = TestClient(Starlette(routes=api.routes(gone))).get("/api/health")  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert answer.json() == {"state": "failed", "version": VERSION}


def test_health_is_only_read(client: TestClient) -> None:
    assert client.post("/api/health").status_code == 405
