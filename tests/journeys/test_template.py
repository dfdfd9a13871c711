"""What a template reads, and what is wrong with its Liquid."""

import pytest

from journeys.problem import Problem, Problems
from journeys.template import Template, parsed, problems_of_template, template_fields


def template(
    subject: str = "Hello", html: str = "<p>Hello</p>", text: str | None = None
) -> Template:
    return Template(name="satisfaction-survey", subject=subject, html=html, text=text)


@pytest.mark.parametrize(
    ("html", "fields"),
    [
        pytest.param("<p>Hello</p>", set(), id="plain text reads nothing"),
        pytest.param("{{ trigger.title }}", {"trigger.title"}, id="an output reads its field"),
        pytest.param(
            "{{ trigger.primarycontactid.fullname }}",
            {"trigger.primarycontactid.fullname"},
            id="a path over lookups is one field",
        ),
        pytest.param(
            "{{ person.firstname | default: trigger.title }}",
            {"person.firstname", "trigger.title"},
            id="the arguments of a filter are read too",
        ),
        pytest.param(
            "{% if record.statecode == tiles.answered.score %}{% endif %}",
            {"record.statecode", "tiles.answered.score"},
            id="both sides of a comparison are read",
        ),
        pytest.param(
            "{% for line in trigger.lines %}{{ line.name }} {{ forloop.index }}{% endfor %}",
            {"trigger.lines"},
            id="a loop variable is no field",
        ),
        pytest.param(
            "{% assign name = person.firstname %}{{ name }}",
            {"person.firstname"},
            id="an assigned variable is no field",
        ),
        pytest.param(
            "{{ person['firstname'] }}", {"person.firstname"}, id="brackets read the same"
        ),
        pytest.param("{{ trigger.lines[0] }}", {"trigger.lines"}, id="a path ends before an index"),
        pytest.param(
            "{{ trigger.title.size }}", {"trigger.title"}, id="Liquid's own size is no column"
        ),
        pytest.param("{{ person }}", {"person"}, id="a root alone is named as it stands"),
        pytest.param("{{ now | date: '%Y' }}", {"now"}, id="the present moment is a field"),
    ],
)
def test_a_template_tells_which_fields_it_reads(html: str, fields: set[str]) -> None:
    assert template_fields(template(html=html)) == fields


def test_subject_html_and_text_are_all_read() -> None:
    message = template("{{ trigger.title }}", "{{ person.firstname }}", "{{ record.ticketnumber }}")

    assert template_fields(message) == {"trigger.title", "person.firstname", "record.ticketnumber"}


@pytest.mark.parametrize(
    ("html", "sentence"),
    [
        pytest.param(
            "one\n\n{% foo %}", "Expected Liquid, but line 3: unexpected tag 'foo'.", id="a tag nobody knows"
        ),
        pytest.param(
            "one\n{{ trigger.title", "Expected Liquid, but line 2: expected '}}', found end of file.",
            id="an output that never ends",
        ),
        pytest.param(
            "one\n{% if person.firstname %}\ntwo {{ trigger.title }}\n",
            "Expected Liquid, but line 2: expected tag endif, found end of expression.",
            id="an if that never ends is named where it begins",
        ),
        pytest.param(
            "{{ trigger.title }}\n{{ trigger.title | }}\n{{ trigger.title }}",
            "Expected Liquid, but line 2: expected word, found end of expression.",
            id="a filter left out",
        ),
        pytest.param(
            "\n{{ trigger.title | shout }}", "Expected a Liquid filter, but line 2 uses 'shout', which is none.",
            id="a filter nobody knows",
        ),
        pytest.param(
            "{% include 'header' %}", "Expected Liquid, but line 1: unexpected tag 'include'.",
            id="another template's file",
        ),
    ],
)  # fmt: skip
def test_what_is_not_liquid_is_said_with_its_line(html: str, sentence: str) -> None:
    wrong = template(html=html)

    assert problems_of_template(wrong) == (Problem(path="/html", message=sentence),)
    with pytest.raises(Problems):
        template_fields(wrong)


def test_every_part_says_its_own_problem() -> None:
    wrong = template("{% a %}", "{% b %}", "{% c %}")

    assert [each.path for each in problems_of_template(wrong)] == ["/subject", "/html", "/text"]


def test_html_escapes_values_and_text_does_not() -> None:
    source, values = "{{ person.firstname }}", {"person": {"firstname": "<b>Ana</b>"}}

    assert parsed(source, html=True).render(**values) == "&lt;b&gt;Ana&lt;/b&gt;"
    assert parsed(source).render(**values) == "<b>Ana</b>"


def test_a_template_is_parsed_once() -> None:
    assert parsed("{{ trigger.title }}") is parsed("{{ trigger.title }}")
