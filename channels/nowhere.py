"""Nowhere: the channels of a simulation, which render every message and hand it to nobody."""

from channels.channel import Rejected
from channels.rendering import render
from journeys.catalogue import Catalogue
from journeys.changes import RecordRef
from journeys.facts import Facts
from journeys.journey import Version
from journeys.saying import values_of
from journeys.sending import Block, decide
from journeys.simulated import Rendered
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
                about=dict(values_of(version, self._catalogue)),
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
