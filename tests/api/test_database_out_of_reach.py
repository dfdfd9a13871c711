"""A gateway whose database is out of reach: it takes nothing in, and says when to try again."""

from tests.api.conftest import Asked
from tests.locked import another_process_writing

ANA = {
    "id": "1", "source": "crm", "table": "contact", "record_id": "ana", "operation": "create",
    "values": {"firstname": "Ana"},
}  # fmt: skip


async def test_what_cannot_be_written_is_to_be_sent_again_and_then_counts(asked: Asked) -> None:
    with another_process_writing(asked.database):
        answer = await asked.http.post("/v1/changes", json=ANA)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["detail"].startswith("Expected the database to answer, but it does not")
    assert (await asked.post("/changes", ANA))["accepted"] == 1
