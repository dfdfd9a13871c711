"""Nowhere: the channels of a simulation, which render every message and hand it to nobody."""

from collections.abc import Mapping

from channels.channel import Rejected
from channels.rendering import render
from journeys.catalogue import Catalogue
from journeys.changes import RecordRef
from journeys.facts import Facts
from journeys.journey import Version
from journeys.sending import Block, decide
from journeys.simulated import Rendered
from journeys.trigger import RecordChangeTrigger, Trigger
from journeys.visit import Outcome


class Nowhere:
    """What becomes of the messages of one simulation; *messages* are those rendered, by their id."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.messages: dict[str, Rendered] = {}

    def __call__(
        self, version: Version, channel: str, template: str, person: RecordRef, facts: Facts
    ) -> Outcome:
        """Render the message and say that it was sent, or why it would not be."""
        tables = self._catalogue.tables
        decision = decide(channel, person, tables.get(person.table), facts.lookup(person))
        if isinstance(decision, Block):
            return Outcome(status="blocked", reason=decision.reason)
        try:
            letter = render(
                version.templates[template],
                facts,
                tables,
                about=_about(version, self._catalogue.triggers),
                zone=version.journey.zone,
            )
        except Rejected as error:
            return Outcome(status="failed", reason=str(error))
        message = f"message-{len(self.messages) + 1}"
        self.messages[message] = Rendered(
            channel=channel,
            to=decision.to,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
        )
        return Outcome(status="sent", message=message)


def _about(version: Version, triggers: Mapping[str, Trigger]) -> dict[str, str]:
    """Return the tables whose columns say what the values of triggers mean, by field."""
    named = {"trigger": version.journey.entry.trigger}
    named |= {f"tiles.{tile.id}": tile.brings for tile in version.journey.tiles if tile.brings}
    return {
        field: trigger.table
        for field, name in named.items()
        if isinstance(trigger := triggers.get(name), RecordChangeTrigger)
    }
