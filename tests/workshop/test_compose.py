"""The shape of docker-compose.yml, read without a Docker engine."""

import re
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from cli import app
from settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"temporal-schema", "temporal-namespace"}
VARIABLE = re.compile(r"\$\{(\w+)(:[-?][^}]*)?\}")


def environment_of(service: str) -> dict[str, str]:
    return dict(SERVICES[service].get("environment", {}))


def resolved(text: str) -> str:
    """Return *text* as it is where no variable is set: with the defaults, if there are any."""
    return VARIABLE.sub(lambda found: (found[2] or "").removeprefix(":-"), text)


def test_everything_of_a_grown_system_is_there() -> None:
    assert set(SERVICES) == ONE_SHOT | {
        "store", "postgresql", "temporal", "temporal-ui", "gateway", "worker",
    }  # fmt: skip


def test_services_wait_for_what_they_need_and_never_for_each_other() -> None:
    needs = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}

    TopologicalSorter({name: list(needed) for name, needed in needs.items()}).prepare()
    for needed in needs.values():
        for name, how in needed.items():
            ends = name in ONE_SHOT
            assert how["condition"] == (
                "service_completed_successfully" if ends else "service_healthy"
            )
            assert ends or "healthcheck" in SERVICES[name], name


def test_a_job_that_runs_once_is_not_started_again_after_it_ended_well() -> None:
    assert all(SERVICES[name]["restart"].startswith("on-failure:") for name in ONE_SHOT)


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    on_the_host = {name for name, each in SERVICES.items() if each.get("network_mode") == "host"}
    assert on_the_host == {"gateway", "worker"}
    assert Settings(host=environment_of("gateway")["SOJOURN_HOST"]).host == "127.0.0.1"


def test_the_database_is_reached_by_temporal_alone() -> None:
    assert COMPOSE["networks"]["database"]["internal"] is True
    inside = {name for name, each in SERVICES.items() if "database" in each.get("networks", [])}
    assert inside == {"postgresql", "temporal-schema", "temporal"}


def test_gateway_and_worker_keep_one_store_on_postgresql_and_nothing_else() -> None:
    urls = {environment_of(name)["SOJOURN_DATABASE_URL"] for name in ("gateway", "worker")}
    [url] = map(make_url, (resolved(each) for each in urls))
    [port] = SERVICES["store"]["ports"]

    assert resolved(port) == f"{url.host}:{url.port}:5432"
    assert url.drivername == "postgresql"
    assert environment_of("store")["POSTGRES_USER"] == url.username == url.database
    assert not any(SERVICES[name].get("volumes") for name in ("gateway", "worker"))


def test_temporal_is_set_up_by_a_job_of_ours() -> None:
    assert not any("auto-setup" in each.get("image", "") for each in SERVICES.values())
    for name in ONE_SHOT:
        script = SERVICES[name]["entrypoint"][-1]
        assert (ROOT / script.lstrip("/")).is_file()
    config = environment_of("temporal")["DYNAMIC_CONFIG_FILE_PATH"]
    assert yaml.safe_load((ROOT / config.lstrip("/")).read_text(encoding="utf-8"))


def test_temporal_has_shards_enough_for_ever() -> None:
    assert int(environment_of("temporal")["NUM_HISTORY_SHARDS"]) >= 512


def test_every_image_has_a_version() -> None:
    ours = COMPOSE["x-sojourn"]["image"]
    images = {each["image"] for each in SERVICES.values()} - {ours}

    assert [image for image in images if not re.search(r":v?\d+\.\d+", image)] == []
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^ARG PYTHON_IMAGE=python:\d+\.\d+\.\d+-", dockerfile, re.MULTILINE)


def test_the_image_installs_by_hash_and_does_not_run_as_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")

    installs = re.findall(r"pip install (.*)", dockerfile)
    assert [line for line in installs if not re.search("--require-hashes|--no-deps", line)] == []
    last = dockerfile.rpartition("FROM ")[2]
    assert re.search(r"^USER (?!root|0)", last, re.MULTILINE)


def test_every_variable_is_explained_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(\w+)=", example, re.MULTILINE))

    assert listed == {found[1] for found in VARIABLE.finditer(TEXT)}


def test_no_secret_has_a_default() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    secrets = {found[1]: found[2] for found in VARIABLE.finditer(TEXT) if "PASSWORD" in found[1]}

    assert secrets
    assert all(default == ":-" or default.startswith(":?") for default in secrets.values())
    assert all(re.search(rf"^{name}=$", example, re.MULTILINE) for name in secrets)


def test_the_image_is_built_from_all_that_the_wheel_needs() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    let_in = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)

    rooms = set(wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert rooms | {"*.py", "pyproject.toml", "requirements.lock"} <= set(let_in)


@pytest.mark.parametrize("service", ["gateway", "worker"])
def test_what_a_part_of_ours_runs_is_a_command(service: str) -> None:
    _, bound, _ = app.parse_args(SERVICES[service]["command"])

    assert (bound.args, bound.kwargs) == ((), {})


@pytest.mark.parametrize("service", ["gateway", "worker"])
def test_a_part_of_ours_has_longer_to_stop_than_docker_gives_by_itself(service: str) -> None:
    assert int(SERVICES[service]["stop_grace_period"].removesuffix("s")) > 10


@pytest.mark.parametrize("service", ["gateway", "worker"])
def test_a_part_of_ours_starts_with_what_it_is_given(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {name: resolved(str(value)) for name, value in environment_of(service).items()}
    filled_in = {"SOJOURN_SMTP_HOST": "mail.example.org", "SOJOURN_MAIL_FROM": "a@example.org"}
    given |= {name: value for name, value in filled_in.items() if name in given}
    known = {f"SOJOURN_{name.upper()}" for name in Settings.model_fields}

    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    assert {name for name in given if name.startswith("SOJOURN_")} <= known
    assert not settings.embeds_temporal
