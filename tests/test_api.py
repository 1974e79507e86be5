"""What devices may ask and post, each read once; refusals are sentences."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from ims_core import VERSION, accounts, api, audit, counting, devices, gate, importing, tallies
from ims_core.db import Database
from ims_core.people import LOCAL
from tests.builders import Shop

HERE = ("127.0.0.1", 50000)


def device(shop: Shop, role: str = "staff", name: str = "Handheld") -> TestClient:
    """A device with a token of its own."""
    devices.add(shop.db, LOCAL, name, role, token := devices.new_token())
    app = Starlette(routes=api.routes(lambda: shop.db), middleware=[Middleware(gate.Gate, shop=lambda: shop.db)])
    return TestClient(app, base_url="http://127.0.0.1", client=HERE, headers={"Authorization": f"Bearer {token}"})


def read(key: str, code: str = "KETTLE", mode: str = "receive", **more: Any) -> dict[str, Any]:
    return {"key": key, "code": code, "mode": mode, **more}


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """A shop that knows a kettle and a mug."""
    shop.item("KETTLE")
    shop.item("MUG")
    return shop


# -- health


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


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/scan"), ("POST", "/api/reads"), ("POST", "/api/undo"), ("GET", "/api/stock"), ("GET", "/api/items/X")],
)
def test_without_the_door_before_them_the_others_refuse_everybody(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, path).status_code == 401


# -- one read


def test_a_read_becomes_the_movement_it_stands_for_signed_by_the_device(stocked: Shop) -> None:
    answer = device(stocked).post("/api/scan", json=read("1", qty=5))
    assert answer.status_code == 200, answer.text
    assert answer.json()["pieces"] == 5
    assert stocked.on_hand("KETTLE") == 5
    assert stocked.db.row("select who, via from changes order by change_id desc limit 1") == {"who": "Handheld (device)", "via": "api"}


def test_a_retry_posts_nothing_and_says_what_it_did_the_first_time(stocked: Shop) -> None:
    handheld = device(stocked)
    first, again = (handheld.post("/api/scan", json=read("1")).json() for _ in range(2))
    assert (again["change_id"], again["repeated"]) == (first["change_id"], True)
    assert stocked.on_hand("KETTLE") == 1


def test_two_devices_that_count_alike_lose_nothing(stocked: Shop) -> None:
    for one in (device(stocked), device(stocked, name="Other")):
        assert not one.post("/api/scan", json=read("1")).json()["repeated"]
    assert stocked.on_hand("KETTLE") == 2


BAD: list[tuple[Any, int, str]] = [
    (read("1", code="NOTHING"), 404, "NOTHING"),
    (read("1", mode="steal"), 422, "no way to scan called steal"),
    (read("", code="KETTLE"), 422, 'no "key"'),
    ({"code": "KETTLE"}, 422, 'no "key"'),
    (read("1", qty="five"), 422, '"qty" is a number'),
    (read("1", qty=True), 422, '"qty" is a number'),
    (read("1", qty=-3), 422, "no quantity"),
    (read("1", qty=10**400), 422, '"qty" is a number'),
    (read("1", at="yesterday"), 422, '"at" is a moment'),
    (read("1", at="9999-12-31T23:59:59-12:00"), 422, '"at" is a moment'),
    (read("1", lot="A\n=1+1"), 422, "cannot be printed"),
    (read("1", order_id=True), 422, "number of an order"),
    (read("1", at="2999-01-01T00:00:00Z"), 422, "Set its clock"),
    (read("1", code="x" * 501), 422, "at most 500"),
    (read("1", place="Moon"), 422, "no place called Moon"),
    (read("1", order_id="7"), 422, "number of an order"),
    ([read("1")], 422, "A read is an object"),
    ("KETTLE", 422, "A read is an object"),
]


@pytest.mark.parametrize(("said", "status", "sentence"), BAD)
def test_a_read_that_cannot_be_is_refused_in_a_sentence(stocked: Shop, said: Any, status: int, sentence: str) -> None:
    answer = device(stocked).post("/api/scan", json=said)
    assert (answer.status_code, sentence in answer.json()["error"]) == (status, True), answer.text
    assert stocked.db.scalar("select count(*) from movements") == 0


HALF = b'{"key": "\\ud800", "code": "KETTLE", "mode": "receive"}'


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"qty": NaN}', HALF, b"[" * 100_000, b" " * 1_000_001])
def test_what_is_not_json_or_too_large_is_refused(stocked: Shop, body: bytes) -> None:
    answer = device(stocked).post("/api/scan", content=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}


def test_a_read_may_say_its_lot_and_the_day_it_expires(stocked: Shop) -> None:
    handheld = device(stocked)
    assert handheld.post("/api/scan", json=read("1", lot="B2", expires="2030-05-04")).status_code == 200
    assert stocked.db.rows("select lot, expires from movements") == [("B2", date(2030, 5, 4))]
    assert handheld.post("/api/scan", json=read("2")).status_code == 409  # an item with lots asks for one
    assert handheld.post("/api/scan", json=read("3", lot="B2", expires="soon")).status_code == 422


def test_who_may_only_look_posts_nothing(stocked: Shop) -> None:
    viewer = device(stocked, "viewer")
    assert viewer.post("/api/scan", json=read("1")).status_code == 403
    assert viewer.post("/api/reads", json={"reads": [read("1")]}).status_code == 403
    assert viewer.get("/api/stock").status_code == 200


def test_a_device_takes_back_what_it_posted_and_staff_nothing_of_others(stocked: Shop) -> None:
    handheld, other = device(stocked), device(stocked, name="Dock")
    change = handheld.post("/api/scan", json=read("1", qty=3)).json()["change_id"]
    refused = other.post("/api/undo", json={"change_id": change})
    assert (refused.status_code, stocked.on_hand("KETTLE")) == (403, 3)
    assert "was done by Handheld (device)" in refused.json()["error"]
    done = handheld.post("/api/undo", json={"change_id": change})
    assert done.json()["says"] == "Undone: +3 Kettle to Shop"
    assert stocked.on_hand("KETTLE") == 0
    assert handheld.post("/api/undo", json={"change_id": change}).status_code == 422


def test_a_staff_device_undoes_no_import_and_a_manager_s_does(stocked: Shop) -> None:
    plan = importing.preview(stocked.db, [("stock.csv", b"SKU;Name;On hand\nKETTLE;Kettle;5\nMUG;Mug;7\n")], today=date(2026, 5, 4))
    change = importing.commit(stocked.db, LOCAL, plan)
    refused = device(stocked).post("/api/undo", json={"change_id": change})
    assert refused.status_code == 403
    assert "one must be manager" in refused.json()["error"]
    assert stocked.on_hand("KETTLE") == 5
    assert device(stocked, "manager", "Office").post("/api/undo", json={"change_id": change}).status_code == 200
    assert stocked.on_hand("KETTLE") == 0


@pytest.mark.parametrize("said", [None, [], {}, {"change_id": "1"}, {"change_id": True}, {"change_id": -1}, {"change_id": 2**70}])
def test_an_undo_of_nothing_is_refused(stocked: Shop, said: Any) -> None:
    answer = device(stocked, "manager").post("/api/undo", json=said)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}


def test_no_address_of_the_api_tells_who_has_an_account(stocked: Shop) -> None:
    accounts.add(stocked.db, LOCAL, "Olga", "owner", "correct horse battery", "olga@example.com")
    manager = device(stocked, "manager")
    for path in [*(route.path for route in api.routes(lambda: stocked.db)), "/api/people", "/api/accounts"]:
        assert "olga@" not in manager.get(path).text


# -- many reads


def test_of_many_reads_each_stands_for_itself(stocked: Shop) -> None:
    sent = [read("1"), read("2", "MUG", qty=3), read("1"), read("3", "NOTHING"), "nonsense"]
    answer = device(stocked).post("/api/reads", json={"reads": sent}).json()
    assert (answer["posted"], answer["repeated"], answer["refused"]) == (2, 1, 2)
    assert [result["key"] for result in answer["results"]] == ["1", "2", "1", "3", None]
    assert (stocked.on_hand("KETTLE"), stocked.on_hand("MUG")) == (1, 3)
    told = device(stocked, name="Reader").post(
        "/api/reads", content='{"reads": [{"key": 1e999}, {"key": "4", "code": "MUG", "mode": "look"}]}'
    )
    assert [result["key"] for result in told.json()["results"]] == [None, "4"]


def test_many_reads_are_few_questions_and_each_is_still_a_change_of_its_own(stocked: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    handheld, asked, ask = device(stocked), Counter[int](), Database._ask
    stocked.move("sale", 1, 1, lot="B1")
    handheld.post("/api/reads", json={"reads": [read("0", "MUG")]})
    for times in (3, 60):
        monkeypatch.setattr(Database, "_ask", lambda db, question, times=times: asked.update([times]) or ask(db, question))
        sent = [read(f"{times}-{number}", "MUG") for number in range(times)]
        answer = handheld.post("/api/reads", json={"reads": [read("0", "MUG"), *sent, sent[0], read("odd", "MUG", qty=0.5)]}).json()
        assert [answer[name] for name in ("posted", "repeated", "refused")] == [times, 2, 1]
        assert len({result.get("change_id") for result in answer["results"]}) == times + 2
    assert asked[60] - asked[3] <= 60  # whether it is kept by lots is asked of each; of the change and its key nothing is
    handheld.post("/api/undo", json={"change_id": answer["results"][5]["change_id"]})
    assert stocked.on_hand("MUG") == 63
    assert audit.check(stocked.db)["ok"].all()


def test_beeps_onto_a_count_sheet_go_to_disk_together_each_a_change_of_its_own(stocked: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    counting.open_sheet(stocked.db, LOCAL, "Shelf", [tallies.Wanted(1, "Shop")])
    handheld, trips, changes = device(stocked), Counter[int](), Database.changes
    monkeypatch.setattr(Database, "changes", lambda db, acts: trips.update([len(acts)]) or changes(db, acts))
    beeps = [read(f"c{number}", code, "count", sheet=1) for number, code in enumerate(["KETTLE"] * 30 + ["MUG"] * 20)]
    sent = [*beeps, beeps[3], read("lost", "NO-SUCH", "count", sheet=1), read("away", "MUG", "count", sheet=7)]
    for posted, repeated in ((50, 1), (0, 51)):
        answer = handheld.post("/api/reads", json={"reads": sent}).json()
        assert [answer[name] for name in ("posted", "repeated", "refused")] == [posted, repeated, 2]
    assert trips == {50: 1}
    handheld.post("/api/undo", json={"change_id": answer["results"][0]["change_id"]})
    assert tallies.lines(stocked.db, 1).set_index("sku")["counted"].to_dict() == {"KETTLE": 29, "MUG": 20}
    counting.finish(stocked.db, LOCAL, 1)
    counting.approve(stocked.db, LOCAL, 1)
    answer = handheld.post("/api/reads", json={"reads": [read("late", "MUG", "count", sheet=1), read("new", "MUG")]}).json()
    assert [answer[name] for name in ("posted", "refused")] == [1, 1]
    assert "booked already" in answer["results"][0]["error"]


def test_a_tag_that_the_antenna_sees_fifty_times_is_one_item_and_the_next_round_counts_anew(stocked: Shop) -> None:
    reader = device(stocked)
    for key in ("round 1", "round 1", "round 2"):
        assert reader.post("/api/reads", json={"key": key, "mode": "receive", "tags": ["KETTLE", "MUG"] * 50}).status_code == 200
    assert (stocked.on_hand("KETTLE"), stocked.on_hand("MUG")) == (2, 2)


@pytest.mark.parametrize("said", [[], {"reads": "x"}, {"tags": 5}, {"reads": [{}] * 2001}])
def test_a_batch_that_cannot_be_is_refused_whole(stocked: Shop, said: Any) -> None:
    assert device(stocked).post("/api/reads", json=said).status_code == 422


def test_reads_sent_with_drops_repeats_and_in_disorder_are_each_posted_once(stocked: Shop) -> None:
    chance, reader = random.Random(4), device(stocked)
    wanted = [read(f"k{number}", chance.choice(["KETTLE", "MUG"])) for number in range(300)]
    sent = [one for one in wanted for _ in range(chance.choice([1, 1, 2, 3]))]
    chance.shuffle(sent)
    batches = [sent[at : at + 20] for at in range(0, len(sent), 20)]

    def delivered(batch: list[dict[str, Any]]) -> None:
        for _ in range(chance.choice([1, 2])):  # the answer was lost: the device sends it again
            assert reader.post("/api/reads", json={"reads": batch}).json()["refused"] == 0

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(delivered, batches))
    for sku in ("KETTLE", "MUG"):
        assert stocked.on_hand(sku) == sum(one["code"] == sku for one in wanted)
    assert stocked.db.scalar("select count(*) from movements") == 300
    assert audit.check(stocked.db)["ok"].all()


# -- asking


def test_stock_and_items_are_told(stocked: Shop) -> None:
    handheld = device(stocked)
    handheld.post("/api/scan", json=read("1", qty=5))
    assert handheld.get("/api/stock").json() == {"stock": [{"sku": "KETTLE", "place": "Shop", "on_hand": 5.0}]}
    assert handheld.get("/api/stock?day=2020-01-01").json() == {"stock": []}
    assert handheld.get("/api/stock?day=soon").status_code == 422
    assert handheld.get("/api/items/kettle").json()["stock"] == {"Shop": 5.0}
    assert handheld.get("/api/items/a/b").status_code == 404
