"""What one person gets of a template."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels.channel import Letter, Rejected
from channels.rendering import render
from journeys.changes import RecordRef, Values
from journeys.facts import Facts
from journeys.known import Known
from journeys.table import Choice, Column, Table
from journeys.template import Template

ANA = RecordRef("contact", "ana")
PAPER_MILL = RecordRef("account", "paper-mill")

TABLES = {
    table.name: table
    for table in (
        Table(
            name="incident",
            primary_id="incidentid",
            columns=(
                Column(name="title", type="text"),
                Column(
                    name="statuscode",
                    type="choice",
                    choices=(
                        Choice(value=1, label="In progress"),
                        Choice(value=5, label="Problem <solved>"),
                    ),
                ),
                Column(
                    name="escalated",
                    type="choice",
                    choices=(Choice(value=True, label="Yes"), Choice(value=False, label="No")),
                ),
                Column(
                    name="tier", type="choice", choices=(Choice(value="g", label="Gold & more"),)
                ),
                Column(
                    name="topics",
                    type="multi_choice",
                    choices=(Choice(value=1, label="Ink"), Choice(value=2, label="Paper")),
                ),
                Column(name="createdon", type="datetime"),
                Column(name="primarycontactid", type="lookup", targets=("contact",)),
            ),
        ),
        Table(
            name="contact",
            primary_id="contactid",
            name_column="fullname",
            columns=(
                Column(name="fullname", type="text"),
                Column(
                    name="gendercode", type="choice", choices=(Choice(value=2, label="Female"),)
                ),
                Column(name="parentcustomerid", type="lookup", targets=("account",)),
            ),
        ),
    )
}

CASE: Values = {
    "title": "Printer <jams>",
    "statuscode": 5,
    "escalated": False,
    "tier": "g",
    "topics": [1, 2],
    "createdon": "2026-11-24T23:30:00Z",
    "due": "2026-11-24",
    "primarycontactid": ANA.as_lookup(),
    "resolution": None,
    "before": {"statuscode": 1},
}
RECORDS: Mapping[RecordRef, Values] = {
    ANA: {
        "fullname": "Ana <script>alert(1)</script>",
        "firstname": "",
        "gendercode": 2,
        "parentcustomerid": PAPER_MILL.as_lookup(),
    },
    PAPER_MILL: {"name": "Paper Mill & Sons"},
}


def known(records: Mapping[RecordRef, Values] = RECORDS, **roots: Any) -> Facts:
    given = {
        "trigger": CASE,
        "person": ANA,
        "tiles": {"answered": {"score": 2, "statuscode": 1}},
        "now": "2027-03-01T09:00:00Z",
    }
    return Facts(given | roots, Known(records))


def letter(facts: Facts | None = None, zone: str = "UTC", **parts: str) -> Letter:
    template = Template.model_validate({"name": "survey", "subject": "", "html": "", **parts})
    about = {"trigger": "incident", "tiles.answered": "incident"}
    return render(template, facts or known(), TABLES, about=about, zone=ZoneInfo(zone))


def said(source: str, zone: str = "UTC") -> str:
    return letter(zone=zone, text=source).text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{{ trigger.title }}", "Printer <jams>", id="a column of the trigger"),
        pytest.param(
            "{{ person.fullname }}", "Ana <script>alert(1)</script>", id="a column of the person"
        ),
        pytest.param(
            "{{ trigger.primarycontactid.parentcustomerid.name }}",
            "Paper Mill & Sons",
            id="a column over two lookups",
        ),
        pytest.param(
            "{{ trigger.primarycontactid }}",
            "Ana <script>alert(1)</script>",
            id="a lookup prints the name of its record",
        ),
        pytest.param(
            "{{ person.parentcustomerid }}", "", id="a record without a name column prints nothing"
        ),
        pytest.param('{{ person.firstname | default: "there" }}', "there", id="empty, a default"),
        pytest.param('{{ trigger.nothing | default: "there" }}', "there", id="missing, a default"),
        pytest.param("{{ trigger.resolution }}", "", id="cleared prints nothing"),
        pytest.param("{{ trigger.title.deeper.still }}", "", id="a step that leads nowhere"),
        pytest.param("{{ nobody.title }}", "", id="a root that nobody gave"),
        pytest.param('{{ trigger["title.deeper"] }}', "", id="a dot in a name is no path"),
        pytest.param("{{ trigger.__class__ }}", "", id="nothing of Python shows"),
        pytest.param("{{ tiles.answered.score }}", "2", id="what a tile brought"),
        pytest.param("{{ trigger.statuscode }}", "Problem <solved>", id="a choice, by its label"),
        pytest.param(
            "{{ trigger.statuscode | upcase }}", "PROBLEM <SOLVED>", id="a label in a filter"
        ),
        pytest.param("{{ trigger.before.statuscode }}", "In progress", id="an old choice"),
        pytest.param(
            "{{ tiles.answered.statuscode }}", "In progress", id="a choice a tile brought"
        ),
        pytest.param("{{ person.gendercode }}", "Female", id="a choice of a related record"),
        pytest.param("{{ trigger.tier }}", "Gold & more", id="a choice whose value is text"),
        pytest.param("{{ trigger.escalated }}", "No", id="a choice that is yes or no"),
        pytest.param('{{ trigger.topics | join: " and " }}', "Ink and Paper", id="several choices"),
        pytest.param(
            "{% if trigger.statuscode == 5 %}solved{% endif %}",
            "solved",
            id="compares as its value",
        ),
        pytest.param(
            "{% if trigger.statuscode > 4 %}late{% endif %}", "late", id="is ordered by its value"
        ),
        pytest.param(
            "{% case trigger.statuscode %}{% when 1 %}open{% when 5 %}shut{% endcase %}",
            "shut",
            id="is told apart by its value",
        ),
        pytest.param("{{ trigger.statuscode | plus: 1 }}", "6", id="counts as its value"),
        pytest.param(
            "{% if trigger.escalated %}now{% else %}soon{% endif %}", "soon", id="no is no"
        ),
        pytest.param('{% if trigger.tier == "g" %}gold{% endif %}', "gold", id="text as its value"),
        pytest.param(
            "{% if trigger.topics contains 2 %}paper{% endif %}", "paper", id="several contain one"
        ),
        pytest.param(
            '{{ trigger.createdon | date: "%d %B %Y" }}', "24 November 2026", id="a moment in UTC"
        ),
        pytest.param('{{ trigger.due | date: "%d.%m." }}', "24.11.", id="a date"),
        pytest.param(
            '{{ "now" | date: "%d %B %Y" }}', "01 March 2027", id="now is the facts' own present"
        ),
        pytest.param('{{ now | date: "%H:%M" }}', "09:00", id="now as a root"),
        pytest.param('{{ "today" | date: "%Y" }}', "2027", id="today likewise"),
        pytest.param('{{ trigger.title | date: "%Y" }}', "Printer <jams>", id="no moment at all"),
        pytest.param('{{ trigger.resolution | date: "%Y" }}', "", id="no moment, nothing"),
    ],
)
def test_a_template_reads(source: str, expected: str) -> None:
    assert said(source) == expected


def test_a_moment_is_printed_in_the_zone_of_the_journey() -> None:
    source = '{{ trigger.createdon | date: "%d %B %H:%M" }}'

    assert said(source, "Europe/Paris") == "25 November 00:30"


def test_without_a_present_among_the_facts_now_is_nothing() -> None:
    assert letter(known(now=None), text='{{ "now" | date: "%Y" }}{{ now }}{{ today }}').text == ""


def test_a_date_is_the_same_day_in_every_zone() -> None:
    assert said('{{ trigger.due | date: "%d" }}', "Pacific/Honolulu") == "24"


def test_what_a_record_holds_cannot_write_into_the_html() -> None:
    html = letter(html="<p>{{ person.fullname }}, {{ trigger.statuscode }}</p>").html

    assert html == ("<p>Ana &lt;script&gt;alert(1)&lt;/script&gt;, Problem &lt;solved&gt;</p>")


def test_subject_and_text_are_not_escaped() -> None:
    got = letter(subject="{{ trigger.title }}", text="{{ trigger.title }}")

    assert (got.subject, got.text) == ("Printer <jams>", "Printer <jams>")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param(
            '<h1>Hello</h1><p>Tell us <a href="https://example.org/s">how it was</a>.</p>',
            "# Hello\n\nTell us [how it was](https://example.org/s).\n",
            id="with its links",
        ),
        pytest.param(
            '<a href="https://example.org/a_b?q=(2)&amp;r=[3]">Survey</a>',
            "[Survey](https://example.org/a_b?q=(2)&r=[3])\n",
            id="with links that lead where they led",
        ),
        pytest.param(
            "<p>2027. A year</p><ul><li>ink</li></ul><p>- dash<br>+1</p>",
            "2027. A year\n\n  * ink\n\n- dash\n+1\n",
            id="for a reader, not for Markdown",
        ),
        pytest.param(
            "<head><title>Hidden</title></head><style>p {}</style><p>Ink</p><img src='x' alt='logo'>",
            "Ink\n",
            id="without what is not read",
        ),
    ],
)
def test_the_text_part_is_made_from_the_html(html: str, text: str) -> None:
    assert letter(html=html).text == text


@pytest.mark.parametrize("part", ["subject", "from", "reply_to"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\v", "\x85", "\u2028", "\x00"])
def test_no_name_can_end_a_header(part: str, end: str) -> None:
    hostile = known({ANA: {"fullname": f"Ana{end}Bcc: eve@example.org"}})

    got = letter(hostile, "UTC", **{part: "{{ person.fullname }}"})

    assert "Ana Bcc: eve@example.org" in (got.subject, got.sender, got.reply_to)


def test_nothing_is_looked_up_that_the_template_does_not_read() -> None:
    asked: list[RecordRef] = []

    class Asked(Known):
        def __call__(self, record: RecordRef) -> Values | None:
            asked.append(record)
            return super().__call__(record)

    letter(
        facts=Facts({"trigger": CASE, "person": ANA}, Asked(RECORDS)),
        text="{{ trigger.title }} {{ person.parentcustomerid.name }}",
    )

    assert set(asked) == {ANA, PAPER_MILL}
    assert ANA in asked

    asked.clear()
    letter(
        facts=Facts({"trigger": CASE, "person": ANA}, Asked(RECORDS)), text="{{ trigger.title }}"
    )

    assert asked == []


HUGE = "{% assign s = 'x' %}{% for i in (1..12) %}{% assign s = s | append: s | append: s %}{% endfor %}"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}",
            id="loops in loops",
        ),
        pytest.param("{% for i in (1..999999999) %}{% endfor %}", id="an empty loop"),
        pytest.param(HUGE + "{% for i in (1..9000) %}{{ s }}{% endfor %}", id="much output"),
        pytest.param(HUGE.replace("12", "40"), id="a text that grows"),
        pytest.param(
            HUGE + "{{ s | replace: '', s | replace: '', s | size }}", id="a text that multiplies"
        ),
        pytest.param(
            HUGE.replace("12", "11") + "{% assign l = s | split: '-' %}{% for i in (1..12) %}"
            "{% assign l = l | concat: l %}{% endfor %}{{ l | join: s | size }}",
            id="a list that is joined",
        ),
        pytest.param(
            "{% assign n = 9 %}{% for i in (1..30) %}{% assign n = n | times: n %}{% endfor %}{{ n }}",
            id="a number that grows",
        ),
    ],
)
@pytest.mark.timeout(10)
def test_a_template_without_end_is_stopped(source: str) -> None:
    with pytest.raises(Rejected, match=r"^text: Expected to render it, but "):
        said(source)


@pytest.mark.parametrize(
    ("part", "source", "why"),
    [
        pytest.param("html", "{{ 1 | divided_by: 0 }}", "html: Expected", id="no arithmetic"),
        pytest.param("subject", "{% if %}", "subject: Expected Liquid, but line 1", id="no Liquid"),
        pytest.param("text", '{{ "a" | rot13 }}', "rot13", id="no such filter"),
        pytest.param("text", "\ud800", "text: Expected", id="half a character"),
    ],
)
def test_what_cannot_be_rendered_names_the_part_and_the_reason(
    part: str, source: str, why: str
) -> None:
    with pytest.raises(Rejected, match=why):
        letter(None, "UTC", **{part: source})


@pytest.mark.parametrize(
    "html", ["&#99999999999;", "&#x0;", "<", "<!--", "<a href", "<![CDATA[", "<table><td>"]
)
def test_a_text_part_is_made_from_any_html(html: str) -> None:
    assert letter(html=f"<p>Hello</p>{html}").text.startswith("Hello")
