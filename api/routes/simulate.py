"""Simulating: what a journey would do to made-up or real records, before anybody is touched."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter
from sqlmodel import Session

from api.bodies import JsonBody, read, takes
from api.door.scopes import needs
from api.errors import Malformed, NotFound
from api.gateway import ThisGateway, clock
from api.routes.publishing import next_version
from api.routes.states import journey_called
from channels.nowhere import Nowhere
from journeys.bundle import Bundle, catalogue_of
from journeys.catalogue import Catalogue
from journeys.declaring import problems_of_table
from journeys.journey import Journey, Version
from journeys.problem import Problem
from journeys.publishing import problems, publish
from journeys.readiness import problems_of_trigger
from journeys.scenario import (
    BOUNDED,
    Scenario,
    play,
    tried_out,
    without_effect,
)
from journeys.scripted import problems_of_scenario
from journeys.simulated import Simulated, simulated
from journeys.table import Table
from journeys.template import Template, problems_of_template
from journeys.trigger import Trigger
from store.builtin import builtin_tables
from store.catalogue import catalogue
from store.journeys import version
from store.records import lookup_in

router = APIRouter(prefix="/v1/journeys", tags=["journeys"], dependencies=needs("author"))

_MOST_SECONDS = 10


class OfItsOwn(Scenario):
    """A scenario with the *journey* it is played with, and what that brings of its own."""

    journey: Journey
    tables: tuple[Table, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    templates: tuple[Template, ...] = ()


_SCENARIO, _OF_ITS_OWN = TypeAdapter(Scenario), TypeAdapter(OfItsOwn)


@router.post("/simulate", response_model=Simulated, openapi_extra=takes(_OF_ITS_OWN))
def simulate_draft(body: JsonBody, gateway: ThisGateway) -> Response:
    """Play a scenario with the journey in the body on a virtual clock. Nothing is written or sent."""
    scenario = read(_OF_ITS_OWN, body)
    journey = scenario.journey
    with gateway.database.reading() as session:
        kept = catalogue(session)
        known = tried_out(_with_its_own(scenario, kept))
        found = [
            *_wrong_parts(scenario, kept, known),
            *(each.below("journey") for each in problems(journey, known)),
            *problems_of_scenario(scenario, journey, known),
        ]
        if found:
            raise Malformed("The body is not as expected.", found)
        return _played(session, scenario, publish(journey, known, 1), known)


@router.post("/{name}/simulate", response_model=Simulated, openapi_extra=takes(_SCENARIO))
def simulate_journey(
    name: str,
    body: JsonBody,
    gateway: ThisGateway,
    version: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """Play a scenario with the draft, or a `version`, on a virtual clock. Nothing is written or sent."""
    scenario = read(_SCENARIO, body)
    with gateway.database.reading() as session:
        known = tried_out(catalogue(session))
        tried = _version(session, name, version, known)
        if found := problems_of_scenario(scenario, tried.journey, known):
            raise Malformed("The body is not as expected.", found)
        return _played(session, scenario, tried, known)


def _played(session: Session, scenario: Scenario, tried: Version, known: Catalogue) -> Response:
    """Play *scenario* here and now, in the thread of this request."""
    post = Nowhere(known)
    simulation = play(
        scenario,
        tried,
        known,
        clock(),
        post=post,
        mirror=lookup_in(session),
        limits=replace(BOUNDED, enough=_after(_MOST_SECONDS)),
    )
    shown = simulated(simulation, tried, post.messages, without_effect(scenario, simulation))
    return Response(shown.model_dump_json(exclude_unset=True), media_type="application/json")


def _after(seconds: float) -> Callable[[], bool]:
    end = perf_counter() + seconds
    return lambda: perf_counter() > end


def _version(session: Session, name: str, number: int | None, known: Catalogue) -> Version:
    """Return version *number* of a journey; without one, the version that its draft would become."""
    row = journey_called(session, name)
    if number is not None:
        published = version(session, name, number)
        if published is None:
            raise NotFound(f"Expected a version of {name}, but there is none of number {number}.")
        return published
    return next_version(session, row, known)


def _with_its_own(scenario: OfItsOwn, kept: Catalogue) -> Catalogue:
    """Return everything that is *kept*, with what the body brings in its place."""
    parts = Bundle(tables=scenario.tables, triggers=scenario.triggers, templates=scenario.templates)
    own = catalogue_of(kept.tables.values(), [parts])
    return replace(
        own,
        triggers={**kept.triggers, **own.triggers},
        templates={**kept.templates, **own.templates},
    )


def _wrong_parts(scenario: OfItsOwn, kept: Catalogue, known: Catalogue) -> Iterable[Problem]:
    builtin = {table.name: table for table in builtin_tables()}
    for index, table in enumerate(scenario.tables):
        found = problems_of_table(table, known.tables, builtin.get(table.name))
        yield from (problem.below("tables", index) for problem in found)
    for index, trigger in enumerate(scenario.triggers):
        found = problems_of_trigger(trigger, known.tables)
        yield from (problem.below("triggers", index) for problem in found)
    for index, template in enumerate(scenario.templates):
        found = problems_of_template(template)
        yield from (problem.below("templates", index) for problem in found)
