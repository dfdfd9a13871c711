"""Traits: what is said of people and groups in words of Segment, and which columns those are."""

from collections.abc import Mapping

from pydantic import Field

from journeys.changes import Values
from wire.finding import ABSENT, Place, Places, Thing, first
from wire.reading import Settings

PATH, RECEIVED = ":path", ":received"


def _texts(**columns: str) -> dict[str, Places]:
    return {name: (Place(at=at, read_as="text"),) for name, at in columns.items()}


_ADDRESS = _texts(
    address1_line1="/address/street",
    address1_city="/address/city",
    address1_postalcode="/address/postalCode",
    address1_stateorprovince="/address/state",
    address1_country="/address/country",
)
OF_PEOPLE: Mapping[str, Places] = _ADDRESS | _texts(
    emailaddress1="/email",
    firstname="/firstName",
    lastname="/lastName",
    fullname="/name",
    mobilephone="/phone",
    jobtitle="/title",
    websiteurl="/website",
)
OF_GROUPS: Mapping[str, Places] = _ADDRESS | _texts(
    emailaddress1="/email", name="/name", telephone1="/phone", websiteurl="/website"
)
"""In which of the traits that Segment has reserved a column is."""


class SegmentSettings(Settings):
    """Of which tables *people* and *groups* are.

    *columns* says for a table where in the traits a column is, beside OF_PEOPLE or OF_GROUPS. Any
    other trait is the column of its own name, where the table has one.
    """

    people: str = "contact"
    groups: str = "account"
    columns: dict[str, dict[str, Places]] = Field(default_factory=dict)

    @property
    def heard(self) -> tuple[str, ...]:
        return (PATH, RECEIVED)

    def person(self, traits: Values) -> Values:
        """Return *traits* as columns of a person; raise Unreadable where one is not what it should be."""
        return self._row(traits, self.people, OF_PEOPLE)

    def group(self, traits: Values) -> Values:
        """Return *traits* as columns of a group; raise Unreadable where one is not what it should be."""
        return self._row(traits, self.groups, OF_GROUPS)

    def _row(self, traits: Values, table: str, ready: Mapping[str, Places]) -> Values:
        columns = {**ready, **self.columns.get(table, {})}
        found = {name: first(places, Thing(traits, {})) for name, places in columns.items()}
        return {**traits, **{name: value for name, value in found.items() if value is not ABSENT}}
