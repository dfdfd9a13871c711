"""The examples that `make run` loads."""

from pathlib import Path

from journeys.bundle import Bundle

EXAMPLES = Path(__file__).parent.parent / "examples"


def example(name: str) -> Bundle:
    """Return the bundle of example *name*."""
    return Bundle.model_validate_json((EXAMPLES / f"{name}.json").read_bytes())
