"""What Temporal must not know: who people are, and where they are reached."""

from base64 import b64encode
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from channels.channel import Unreachable
from tests.durable import DurableStory
from tests.story import changed, moment
from tests.world import journey, message, wait_for
from workflows.attributes import WANTED

pytestmark = pytest.mark.slow

PERSONAL = ("Ximena", "Zubizarreta", "ximena@example.org", "leaking roof")


@pytest.fixture
async def passed(engine: DurableStory) -> WorkflowHandle[Any, Any]:
    """The instance of somebody whose e-mail address is their id, and whose mail left late."""
    person, case = "contact/ximena@example.org", "incident/roof"
    engine.given(
        person, firstname="Ximena", lastname="Zubizarreta", emailaddress1="ximena@example.org"
    )
    engine.given(case, title="leaking roof", statecode=0, primarycontactid="ximena@example.org")
    tiles = (message("hello", "asked"), wait_for("case-rated", "thanks"), message("thanks"))
    engine.begin(engine.published(journey(*tiles, trigger="case-changed")))
    engine.letterbox.troubles = [Unreachable("The server is down.")]
    await engine.go_on(moment("Mon 09:00"))
    await engine.happens(changed(case, statecode=1))
    await engine.go_on(moment("Tue 09:00"))
    await engine.happens(changed(case, customersatisfactioncode=1))
    await engine.go_on(None)
    assert [to for to, _ in engine.letterbox.letters] == ["ximena@example.org"] * 2
    return engine.standing()[0]


async def test_the_history_of_an_instance_tells_no_personal_data(
    passed: WorkflowHandle[Any, Any],
) -> None:
    history = (await passed.fetch_history()).to_json()

    spelled = [each for each in PERSONAL if any(form in history for form in spellings(each))]
    assert spelled == []


async def test_neither_do_its_id_attributes_summary_and_details(
    passed: WorkflowHandle[Any, Any],
) -> None:
    described = await passed.describe()
    attributes = [
        str(pair.value) for pair in described.typed_search_attributes if pair.key.name in WANTED
    ]
    seen = [
        passed.id,
        *attributes,
        await described.static_summary() or "",
        await described.static_details() or "",
    ]

    assert len(attributes) == len(WANTED)
    assert [text for text in seen if any(each in text for each in PERSONAL)] == []


def spellings(text: str) -> list[str]:
    """Return how *text* may stand in a history: as it is, or within Base64 at any offset."""
    within = [b64encode(b"\0" * shift + text.encode()) for shift in range(3)]
    cut = [part[(4 if shift else 0) :].rstrip(b"=")[:-2] for shift, part in enumerate(within)]
    return [text, *(part.decode() for part in cut)]


def test_what_is_hidden_in_base64_would_be_found() -> None:
    for before in ("", "a", "ab", "abc"):
        hidden = b64encode(f"{before}Ximena and more".encode()).decode()
        assert any(form in hidden for form in spellings("Ximena"))
