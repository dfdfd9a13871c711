"""The routes: what the gateway can be asked, one module with a router for each sort of thing."""

from api.routes import (
    changes,
    dataverse,
    explain,
    health,
    instances,
    journeys,
    keys,
    messages,
    people,
    publishing,
    records,
    refused,
    simulate,
    sources,
    states,
    tables,
    templates,
    triggers,
)

ROUTERS = tuple(
    module.router
    for module in (
        changes, sources, dataverse, explain, records, tables, triggers, templates, journeys,
        publishing, states, simulate, instances, messages, people, refused, keys, health,
    )
)  # fmt: skip
"""In the order in which the description of the API has them."""
