"""Playing stories on the virtual clock."""

from channels.rendering import render
from journeys.changes import RecordRef
from journeys.facts import Facts
from journeys.journey import Version
from journeys.routing import Routes
from journeys.sending import Send, decide
from journeys.simulate import Simulation
from journeys.trace import Note
from journeys.visit import Outcome
from tests.story import MONDAY, Story


class VirtualStory(Story):
    """A story played by the simulation."""

    async def play(self, version: Version) -> list[list[Note]]:
        routes = Routes(self.catalogue, entered=[version], published=[version])
        simulation = Simulation(routes, MONDAY, self.records, self._post, reply=self.reply)
        for at, what in self.happenings:
            simulation.happens(what, at)
        simulation.run()
        self.refusals = [each.reason for each in simulation.refused]
        return [each.trace for each in simulation.instances]

    def _post(
        self, version: Version, channel: str, template: str, person: RecordRef, facts: Facts
    ) -> Outcome:
        table = self.catalogue.tables[person.table]
        decision = decide(channel, person, table, facts.lookup(person))
        if not isinstance(decision, Send):
            return Outcome(status="blocked", reason=decision.reason)
        letter = render(version.templates[template], facts, self.catalogue.tables)
        self.letters.append((decision.to, letter.subject))
        return Outcome(status="sent")
