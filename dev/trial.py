"""Trying out: a journey of a bundle, played with a scenario, without a gateway or a store."""

from datetime import datetime

from pydantic import ValidationError

from channels.nowhere import Nowhere
from journeys.bundle import Bundle, catalogue_of
from journeys.journey import Journey
from journeys.problem import Problems, problems_of_shape
from journeys.publishing import publish
from journeys.scenario import (
    Scenario,
    play,
    scenario_of,
    tried_out,
    without_effect,
)
from journeys.scripted import problems_of_scenario
from journeys.simulated import Simulated, simulated
from journeys.text import body_of
from store.builtin import builtin_tables


def read_scenario(raw: bytes, ending: str = "") -> Scenario:
    """Return the scenario that *raw* holds in JSON or YAML; a change or an event alone is one too.

    Raises ValueError with a sentence where it is neither, `Problems` where it is no scenario.
    """
    body = scenario_of(body_of(raw, ending))
    try:
        return Scenario.model_validate(body)
    except ValidationError as error:
        raise Problems(problems_of_shape(error, body)) from None


def tried(bundle: Bundle, journey: Journey, scenario: Scenario, now: datetime) -> Simulated:
    """Return what *scenario* does with *journey* of *bundle*, whose records are there too.

    *now* is the start where the scenario says none. Raises `Problems` with what is wrong with the
    scenario, or with the journey.
    """
    known = tried_out(catalogue_of(builtin_tables(), [bundle]))
    if wrong := problems_of_scenario(scenario, journey, known):
        raise Problems(wrong)
    version = publish(journey, known, 1)
    post = Nowhere(known)
    simulation = play(scenario.beside(bundle.records), version, known, now, post=post)
    return simulated(simulation, version, post.messages, without_effect(scenario, simulation))
