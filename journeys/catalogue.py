"""Catalogue: the tables, triggers and templates that journeys are made with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from journeys.parting import Metric
from journeys.table import Table
from journeys.template import Template
from journeys.trigger import Trigger


@dataclass(frozen=True)
class Catalogue:
    """Everything a journey may name, by name; *ready* are the triggers that are ready to use.

    *metrics* are what is counted where people pass.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)
    ready: frozenset[str] = frozenset()
    metrics: frozenset[Metric] = frozenset({"goal"})
