"""What an operator may set, and what is said when it cannot be."""

from pathlib import Path

import pytest

from settings import CannotStart, Settings, is_loopback, read_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SOJOURN_{name.upper()}", raising=False)
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    monkeypatch.delenv("TEMPORAL_NAMESPACE", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_run_everything_on_this_machine(tmp_path: Path) -> None:
    settings = read_settings()

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.temporal_address, settings.temporal_namespace) == ("127.0.0.1:7233", "default")
    assert settings.embeds_temporal
    assert settings.data_dir == tmp_path / ".sojourn"
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path}/.sojourn/sojourn.db"
    assert settings.smtp_host is None


def test_what_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_TEMPORAL_PORT", "17233")
    monkeypatch.setenv("SOJOURN_DATA_DIR", "/var/lib/sojourn")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "journeys")
    monkeypatch.setenv("SOJOURN_SMTP_USERNAME", "")

    settings = read_settings()

    assert settings.temporal_address == "127.0.0.1:17233"
    assert settings.database_url.get_secret_value() == "sqlite:////var/lib/sojourn/sojourn.db"
    assert settings.temporal_namespace == "journeys"
    assert settings.smtp_username is None


def test_a_named_cluster_is_used_instead_of_the_dev_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")

    settings = read_settings()

    assert settings.temporal_address == "temporal.example:7233"
    assert not settings.embeds_temporal


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_DATABASE_URL", "postgresql://sojourn:open-sesame@db/sojourn")
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", "open-sesame")

    assert "open-sesame" not in repr(read_settings())


@pytest.mark.parametrize(
    ("variables", "sentences"),
    [
        pytest.param(
            {"SOJOURN_MAX_BODY": "10"},
            "Expected SOJOURN_MAX_BODY to be greater than or equal to 1000, but it is '10'.",
            id="a limit that lets nothing in",
        ),
        pytest.param(
            {"SOJOURN_PORT": "eighty"},
            "Expected SOJOURN_PORT to be a whole number, but it is 'eighty'.",
            id="a port that is no number",
        ),
        pytest.param(
            {"SOJOURN_PORT": "0", "SOJOURN_TEMPORAL_UI_PORT": "65536"},
            "Expected SOJOURN_PORT to be greater than or equal to 1, but it is '0'. "
            "Expected SOJOURN_TEMPORAL_UI_PORT to be less than or equal to 65535, "
            "but it is '65536'.",
            id="everything that is wrong at once",
        ),
        pytest.param(
            {"SOJOURN_SMTP_TLS": "maybe"},
            "Expected SOJOURN_SMTP_TLS to be 'starttls', 'implicit' or 'none', but it is 'maybe'.",
            id="a choice there is not",
        ),
        pytest.param(
            {"SOJOURN_MAIL_FROM": "Contoso"},
            "Expected SOJOURN_MAIL_FROM to be one address such as Contoso <care@contoso.example>, "
            "but it is 'Contoso'.",
            id="a sender without an address",
        ),
        pytest.param(
            {
                "SOJOURN_SMTP_HOST": "mail.example",
                "SOJOURN_SMTP_PASSWORD": "open-sesame",
                "SOJOURN_SMTP_TLS": "none",
            },
            "Expected SOJOURN_SMTP_TLS to be starttls or implicit where a password is sent, "
            "but it is none.",
            id="a password in the clear",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    variables: dict[str, str], sentences: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(CannotStart) as got:
        read_settings()

    assert str(got.value) == sentences


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_reaches_no_further(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "sojourn.example", ""])  # noqa: S104
def test_everything_else_does(host: str) -> None:
    assert not is_loopback(host)
