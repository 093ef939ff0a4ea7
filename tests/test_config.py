"""A wrong setting ends the start with one sentence that names it, and none is ever quoted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import BaseModel

from bridge.config import File, Settings, load
from bridge.config_errors import ConfigError
from bridge.domain.ids import AppName
from bridge.store.urls import database_url

APP_ID, OTHER_ID = "a" * 24, "b" * 24
FASTGPT = {
    "FASTGPT_BASE_URL": "https://fastgpt.test/api",
    "FASTGPT_API_KEY": "fastgpt-key-of-default",
    "FASTGPT_APP_ID": APP_ID,
}
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-secret", "SLACK_APP_TOKEN": "xapp-1-secret"}
SLACK_OVER_HTTP = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "8f742231b10e", "PORT": "80"}
TELEGRAM = {"TELEGRAM_BOT_TOKEN": "123456:AAbbCCddEE-secret"}
WEBHOOK = {"TELEGRAM_WEBHOOK_URL": "https://bridge.test", "TELEGRAM_WEBHOOK_SECRET": "hook-secret", "PORT": "80"}


class Place:
    """An empty directory and an empty environment to configure the bridge in."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(path)
        for name in list(os.environ):
            if name not in ("PATH", "HOME", "TMPDIR"):
                monkeypatch.delenv(name)

    def load(self, *settings: dict[str, str], toml: str | None = None, dotenv: str | None = None) -> Settings:
        for name, value in (pair for each in settings for pair in each.items()):
            self._monkeypatch.setenv(name, value)
        if toml is not None:
            (self.path / "bridge.toml").write_text(toml, encoding="utf-8")
        if dotenv is not None:
            (self.path / ".env").write_text(dotenv, encoding="utf-8")
        return load()

    def refusal(self, *settings: dict[str, str], toml: str | None = None, dotenv: str | None = None) -> str:
        with pytest.raises(ConfigError) as refused:
            self.load(*settings, toml=toml, dotenv=dotenv)
        assert refused.value.__cause__ is None
        return str(refused.value)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def test_nothing_has_to_be_set_to_start_looking_around(place: Place) -> None:
    settings = place.load()
    assert not settings.anything_is_set
    assert not settings.slack_is_on
    assert not settings.telegram_is_on


def test_what_is_not_set_has_its_documented_default(place: Place) -> None:
    env = place.load().env
    assert env.database_url.get_secret_value() == "sqlite:///bridge.db"
    assert (env.fastgpt_api_version, env.log_level, env.log_format, env.port) == ("auto", "info", None, None)
    assert env.slack_api_base_url == "https://slack.com/api/"
    assert env.telegram_api_base_url == "https://api.telegram.org/bot"


@pytest.mark.parametrize("settings", [*({name: value} for name, value in FASTGPT.items()), SLACK, TELEGRAM])
def test_whoever_sets_anything_has_begun(place: Place, settings: dict[str, str]) -> None:
    assert place.load(settings).anything_is_set


def test_a_platform_is_on_with_its_token(place: Place) -> None:
    settings = place.load(FASTGPT, SLACK)
    assert settings.slack_is_on
    assert not settings.telegram_is_on


@pytest.mark.parametrize("name", FASTGPT)
def test_every_part_of_the_default_app_is_needed_and_named_if_missing(place: Place, name: str) -> None:
    settings = place.load({key: value for key, value in FASTGPT.items() if key != name}, SLACK)
    with pytest.raises(ConfigError, match=f"^{name} must be set"):
        settings.apps()


def test_everything_that_is_missing_is_named_at_once(place: Place) -> None:
    with pytest.raises(ConfigError) as refused:
        place.load(TELEGRAM).apps()
    assert all(name in str(refused.value) for name in FASTGPT)


@pytest.mark.parametrize("tail", ["", "/", "/api", "/api/", "/api/v1", "/api/v1/chat/completions"])
def test_fastgpts_address_works_with_or_without_its_tail(place: Place, tail: str) -> None:
    app = place.load({**FASTGPT, "FASTGPT_BASE_URL": f"https://fastgpt.test{tail}"}).apps()[AppName("default")]
    assert (app.base_url, app.web_url) == ("https://fastgpt.test/api", "https://fastgpt.test")


WRONG = {
    "FASTGPT_BASE_URL": [
        "https//secret.test",
        "http:/secret.test",
        "https:secret.test",
        "ftp://secret.test",
        "https://",
        "https://secret.test:99999",
        "https://ann:secret@x.test",
    ],
    "FASTGPT_API_KEY": ["fastgpt-secret…", "fastgpt secret"],
    "FASTGPT_APP_ID": ["secret", "A" * 23, "g" * 24],
    "FASTGPT_API_VERSION": ["v3-secret"],
    "SLACK_API_BASE_URL": ["slack.secret", "https://ann:secret@x.test", "https://x.test:secret/", "http://[secret"],
    "TELEGRAM_API_BASE_URL": ["/secret", "https:// secret.test"],
    "TELEGRAM_WEBHOOK_URL": ["secret"],
    "PORT": ["secret", "0", "65536", "80.5"],
    "LOG_LEVEL": ["secret"],
    "LOG_FORMAT": ["secret"],
    "SLACK_BOT_TOKEN": ["xoxp-secret"],
    "SLACK_APP_TOKEN": ["xoxb-secret"],
    "TELEGRAM_BOT_TOKEN": ["secret", "123456", "bot123456:AAbbCCddEE", "123456:short"],
    "TELEGRAM_WEBHOOK_SECRET": ["sec ret", "s" * 257],
    "BRIDGE_CONFIG": ["secret.toml"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_malformed_setting_is_refused_by_its_name_without_its_value(place: Place, name: str, value: str) -> None:
    sentence = place.refusal(FASTGPT, SLACK, TELEGRAM, WEBHOOK, {name: value})
    assert sentence.startswith(name)
    assert sentence.count("\n") == 0
    assert sentence.endswith(".")
    assert "secret" not in sentence.replace("TELEGRAM_WEBHOOK_SECRET", "")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN must be set together with SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "PORT": "80"}, "SLACK_APP_TOKEN must be set together with SLACK_BOT_TOKEN"),
        ({**SLACK_OVER_HTTP, "PORT": ""}, "PORT must be set together with SLACK_SIGNING_SECRET"),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN must be set together with SLACK_APP_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "s"}, "SLACK_BOT_TOKEN must be set together with SLACK_SIGNING_SECRET"),
        ({**TELEGRAM, "TELEGRAM_WEBHOOK_URL": "https://x.test"}, "TELEGRAM_WEBHOOK_SECRET must be set together with"),
        (WEBHOOK, "TELEGRAM_BOT_TOKEN must be set together with TELEGRAM_WEBHOOK_URL"),
        (
            {**TELEGRAM, "TELEGRAM_WEBHOOK_SECRET": "x", "PORT": "80"},
            "TELEGRAM_WEBHOOK_URL must be set together with",
        ),
        ({**TELEGRAM, **WEBHOOK, "PORT": ""}, "PORT must be set together with TELEGRAM_WEBHOOK_URL"),
        ({"DYNO": "web.1"}, "DATABASE_URL must name a PostgreSQL database here"),
        (
            {"DYNO": "web.1", "DATABASE_URL": "sqlite:////data/x.db"},
            "DATABASE_URL must name a PostgreSQL database here",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_name(
    place: Place, settings: dict[str, str], named: str
) -> None:
    assert place.refusal(settings).startswith(named)


@pytest.mark.parametrize("settings", [SLACK, SLACK_OVER_HTTP, {**SLACK, **SLACK_OVER_HTTP, "PORT": ""}])
def test_slack_is_on_by_socket_mode_or_http_or_with_the_settings_of_both(
    place: Place, settings: dict[str, str]
) -> None:
    assert place.load(FASTGPT, settings).slack_is_on


@pytest.mark.parametrize("url", ["http://x.test", "https://x.test:8080", "https://x.test/?a=b", "https://x.test/#a"])
def test_an_address_that_telegram_does_not_post_to_is_refused(place: Place, url: str) -> None:
    refusal = place.refusal(FASTGPT, TELEGRAM, WEBHOOK, {"TELEGRAM_WEBHOOK_URL": url})
    assert refusal.startswith("TELEGRAM_WEBHOOK_URL is wrong: ")


def test_a_telegram_server_of_ones_own_posts_to_any_port_without_https(place: Place) -> None:
    own = {"TELEGRAM_API_BASE_URL": "http://telegram.test/bot", "TELEGRAM_WEBHOOK_URL": "http://x.test:8080"}
    assert place.load(FASTGPT, TELEGRAM, WEBHOOK, own).env.telegram_webhook_url == "http://x.test:8080"


def test_a_dyno_with_herokus_own_database_starts(place: Place) -> None:
    url = "postgres://ann:pw@host.test:5432/db"
    settings = place.load({"DYNO": "web.1", "DATABASE_URL": url})
    assert database_url(settings.env.database_url.get_secret_value()).database == "db"


def test_an_empty_variable_is_not_set(place: Place) -> None:
    settings = place.load(dict.fromkeys((*FASTGPT, *SLACK, *TELEGRAM, *WEBHOOK, "LOG_LEVEL", "DYNO"), ""))
    assert settings == place.load()
    assert not settings.anything_is_set


def test_spaces_and_line_breaks_around_a_value_do_not_count(place: Place) -> None:
    settings = place.load(
        {"SLACK_BOT_TOKEN": " xoxb-1\n", "SLACK_APP_TOKEN": "xapp-1\r\n", "PORT": " 80 ", "DYNO": " "}
    )
    assert settings.env.slack_bot_token is not None
    assert settings.env.slack_bot_token.get_secret_value() == "xoxb-1"
    assert settings.env.port == 80


@pytest.mark.parametrize("quoted", ["'xoxb-1'", '"xoxb-1"', ' "xoxb-1" '])
def test_quotes_that_were_kept_around_a_value_do_not_count(place: Place, quoted: str) -> None:
    env = place.load({"SLACK_BOT_TOKEN": quoted, "SLACK_APP_TOKEN": "xapp-1"}).env
    assert env.slack_bot_token is not None
    assert env.slack_bot_token.get_secret_value() == "xoxb-1"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "abc"}, "PORT is wrong: it must be a whole number from 1 to 65535."),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is wrong: it must be console or json."),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is wrong: it must be debug, info, warning or error."),
        (
            {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xapp-1"},
            "SLACK_BOT_TOKEN is wrong: it must begin with xoxb-, as the Bot User OAuth Token of the Slack app does.",
        ),
        (
            {"FASTGPT_BASE_URL": "ftp://x"},
            "FASTGPT_BASE_URL is wrong: it is not an http or https address, such as https://fastgpt.example.com.",
        ),
    ],
)
def test_a_refusal_says_what_would_be_right(place: Place, settings: dict[str, str], sentence: str) -> None:
    assert place.refusal(settings) == sentence


def test_words_may_be_in_upper_case(place: Place) -> None:
    env = place.load({"LOG_LEVEL": "INFO", "LOG_FORMAT": "Json", "FASTGPT_API_VERSION": "V1"}).env
    assert (env.log_level, env.log_format, env.fastgpt_api_version) == ("info", "json", "v1")


@pytest.mark.parametrize("tail", ["", "/", "/bot", "/bot/"])
def test_a_telegram_server_of_ones_own_works_with_or_without_its_tail(place: Place, tail: str) -> None:
    env = place.load({"TELEGRAM_API_BASE_URL": f"http://localhost:8081{tail}"}).env
    assert env.telegram_api_base_url == "http://localhost:8081/bot"


# --- .env ---


def test_the_environment_goes_before_dotenv(place: Place) -> None:
    settings = place.load({"PORT": "81"}, dotenv="PORT=80\nLOG_LEVEL=debug\nSOMETHING_ELSE=1\n")
    assert (settings.env.port, settings.env.log_level) == (81, "debug")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("PORT=80\n\nLOG_LEVEL", 3),
        ("# all\nPORT: 80\n", 2),
        ("PORT=80\nFASTGPT_API_KEY='secret\nLOG_LEVEL=info\n", 2),
        ("PORT=80\nexport secret key\n", 2),
    ],
)
def test_a_line_of_dotenv_that_sets_nothing_is_refused_by_its_number(place: Place, text: str, line: int) -> None:
    assert place.refusal(dotenv=text) == f".env, line {line}, is wrong: it must be NAME=value, or a comment after #."


def test_a_dotenv_may_have_comments_empty_values_quotes_and_a_mark_at_its_beginning(place: Place) -> None:
    text = "\ufeffPORT=80  # the web\n\n# more\nexport LOG_LEVEL='debug'\nLOG_FORMAT=\n"
    env = place.load(dotenv=text).env
    assert (env.port, env.log_level, env.log_format) == (80, "debug", None)


def test_a_dotenv_that_is_no_text_is_refused_by_name(place: Place) -> None:
    (place.path / ".env").write_bytes(b"PORT=\xff\xfe80")
    assert place.refusal().startswith(".env cannot be read")


# --- bridge.toml ---


def test_a_setting_of_the_file_is_read_into_its_table(place: Place) -> None:
    toml = '[worker]\nmax_turns = 5\n[answers]\non_edit = "reask"\ndetails_for = ["U1"]\n[variables]\nwho = "{name}"\n'
    file = place.load(toml=toml).file
    assert (file.worker.max_turns, file.answers.on_edit, file.answers.details_for) == (5, "reask", ("U1",))
    assert file.variables == {"who": "{name}"}
    assert file.worker.lease == 60


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[workers]\nx = 1", "bridge.toml: workers is not a known setting; perhaps worker is meant."),
        (
            "[worker]\nmax_turn = 1",
            "bridge.toml: worker.max_turn is not a known setting; perhaps worker.max_turns is meant.",
        ),
        ("[apps.sales]\nkey = 's'\n", "bridge.toml: apps.sales."),
        ("[worker]\nmax_turns = 'many-secret'", "bridge.toml: worker.max_turns is wrong: it must be a whole number"),
        ("[worker]\nmax_turns = 0", "bridge.toml: worker.max_turns is wrong: "),
        ("[worker]\ndrain = 60", "bridge.toml: worker.drain is wrong: "),
        ("[answers]\nvotes = 'secret'", "bridge.toml: answers.votes is wrong: "),
        ("[answers]\non_edit = 'secret'", "bridge.toml: answers.on_edit is wrong: "),
        ("[fastgpt]\nidle_timeout = -1", "bridge.toml: fastgpt.idle_timeout is wrong: "),
        ("[interactions]\nexpire_after_days = 0", "bridge.toml: interactions.expire_after_days is wrong: "),
        ("apps = 'secret'", "bridge.toml: apps is wrong: "),
        ("[variables]\nx = 1", "bridge.toml: variables.x is wrong: "),
        ("worker = [", "bridge.toml is not valid TOML: "),
        (f"[apps.default]\napi_key = 'secret'\napp_id = '{OTHER_ID}'", "bridge.toml: apps.default is the app of"),
        ("[apps.sales]\napi_key = 'env:SALES_KEY'", "bridge.toml: apps.sales.api_key refers to SALES_KEY, which"),
        ("[apps.sales]\nx = 1\n[apps.sales]", "bridge.toml is not valid TOML: "),
        (
            f"[apps.sales]\napi_key = 'secret'\napp_id = '{APP_ID[1:]}'",
            "bridge.toml: apps.sales.app_id is wrong: it must",
        ),
        ("[apps.sales]\napi_key = 'secret'", "bridge.toml: apps.sales.app_id must be set: 24 hexadecimal characters"),
        (
            "[variables]\nx = 'secret {nmae}'",
            "bridge.toml: variables.x is wrong: what it has between braces must be {id}",
        ),
        ("[fastgpt]\nturn_timeout = 300", "bridge.toml: fastgpt is wrong: turn_timeout must not be shorter than"),
        ("[fastgpt]\npatience = inf", "bridge.toml: fastgpt.patience is wrong: it must be a number of seconds from 0"),
        ("[interactions]\nexpire_after_days = 1e12", "bridge.toml: interactions.expire_after_days is wrong: "),
        ("[answers]\ndetails_for = 'U1'", "bridge.toml: answers.details_for is wrong: it must be a list of user ids"),
        ("[answers]\nempty = ''", "bridge.toml: answers.empty is wrong: it must be text in quotes."),
    ],
)
def test_a_mistake_in_the_file_is_named_without_its_value(place: Place, toml: str, sentence: str) -> None:
    refusal = place.refusal(toml=toml)
    assert refusal.startswith(sentence)
    assert refusal.endswith(".")
    assert "\n" not in refusal
    assert "secret" not in refusal


def test_every_setting_of_the_file_can_say_what_it_must_be() -> None:
    values: list[object] = [File(), *(getattr(File(), name) for name in File.model_fields)]
    tables = [type(value) for value in values if isinstance(value, BaseModel)]
    fields = [(name, field) for table in tables for name, field in table.model_fields.items()]
    assert len(fields) > 20
    assert [name for name, field in fields if not field.description] == []


@pytest.mark.parametrize("template", ["{name}", "no braces", '{"json": 1}', "{}", "{id} of {platform}: {link}"])
def test_a_variable_may_hold_any_text_and_every_placeholder_that_is_filled_in(place: Place, template: str) -> None:
    assert place.load(toml=f"[variables]\nx = '{template}'").file.variables == {"x": template}


def test_a_file_that_is_no_text_is_refused_by_name(place: Place) -> None:
    (place.path / "bridge.toml").write_bytes(b"\xff\xfe")
    assert place.refusal() == "bridge.toml cannot be read: it must be a text file in UTF-8."


def test_a_directory_in_its_place_is_refused_by_name(place: Place) -> None:
    (place.path / "bridge.toml").mkdir()
    assert place.refusal().startswith("bridge.toml cannot be read")


def test_more_apps_take_what_they_do_not_say_from_the_environment(place: Place) -> None:
    toml = f'[apps.sales]\napi_key = "env:SALES_KEY"\napp_id = "{OTHER_ID}"\napi_version = "v1"\n'
    apps = place.load(FASTGPT, {"SALES_KEY": "fastgpt-sales", "FASTGPT_API_VERSION": "v2"}, toml=toml).apps()
    default, sales = apps[AppName("default")], apps[AppName("sales")]
    assert (default.app_id, default.key, default.api_version) == (APP_ID, "fastgpt-key-of-default", "v2")
    assert (sales.app_id, sales.key, sales.api_version) == (OTHER_ID, "fastgpt-sales", "v1")
    assert sales.base_url == default.base_url


def test_an_app_may_live_on_a_server_of_its_own(place: Place) -> None:
    toml = f'[apps.sales]\nbase_url = "https://sales.test/"\napi_key = "k"\napp_id = "{OTHER_ID}"\n'
    sales = place.load(FASTGPT, toml=toml).apps()[AppName("sales")]
    assert (sales.base_url, sales.web_url) == ("https://sales.test/api", "https://sales.test")


@pytest.mark.parametrize("source", ["environment", "dotenv"])
def test_a_reference_is_read_from_the_environment_or_dotenv_in_lists_too(place: Place, source: str) -> None:
    toml = '[answers]\ndetails_for = ["env:ADMIN"]\n[worker]\nmax_turns = "env:TURNS"\n'
    values = {"ADMIN": "U1", "TURNS": "7"}
    if source == "environment":
        file = place.load(values, toml=toml).file
    else:
        file = place.load({"ADMIN": ""}, toml=toml, dotenv="ADMIN=U1\nTURNS=7\n").file
    assert (file.answers.details_for, file.worker.max_turns) == (("U1",), 7)


def test_the_file_may_stand_elsewhere(place: Place) -> None:
    (place.path / "other.toml").write_text("[worker]\nmax_turns = 3\n")
    assert place.load({"BRIDGE_CONFIG": "other.toml"}).file.worker.max_turns == 3


# --- secrets ---


def everything(place: Place) -> Settings:
    sales = f'[apps.sales]\napi_key = "sales-secret"\napp_id = "{OTHER_ID}"\n'
    toml = f'{sales}[variables]\ntoken = "env:CRM"\n[worker]\nlease = 30\n'
    more = {
        "CRM": "crm-secret",
        "FASTGPT_API_KEY": "fastgpt-secret",
        "SLACK_SIGNING_SECRET": "signing-secret",
        "SLACK_CLIENT_SECRET": "client-secret",
        "BRIDGE_SECRET_KEY": "bridge-secret",
        "DATABASE_URL": "postgresql://ann:db-secret@host.test/db",
    }
    return place.load(FASTGPT, SLACK, TELEGRAM, WEBHOOK, more, toml=toml)


def test_no_secret_is_in_the_repr_of_the_settings_or_of_an_app(place: Place) -> None:
    settings = everything(place)
    shown = f"{settings!r} {settings.env!s} {settings.file!s} {settings.apps()!r}"
    assert "lease=30" in shown
    assert "-secret" not in shown


def test_the_settings_know_every_secret_that_must_not_be_logged(place: Place) -> None:
    secrets = everything(place).secrets
    assert {"fastgpt-secret", "sales-secret", "xoxb-1-secret", "xapp-1-secret", "signing-secret"} < set(secrets)
    assert {"client-secret", "123456:AAbbCCddEE-secret", "hook-secret", "bridge-secret"} < set(secrets)
    assert "postgresql://ann:db-secret@host.test/db" in secrets


def test_the_name_of_a_file_is_no_secret(place: Place) -> None:
    assert place.load().secrets == ()


@pytest.mark.parametrize(
    ("given", "wrong", "right"),
    [
        (
            TELEGRAM | {**FASTGPT, "FASTGPT_BASE_URL": "", "FASTGPT_BASEURL": "https://x"},
            "FASTGPT_BASEURL",
            "FASTGPT_BASE_URL",
        ),
        (FASTGPT | {"TELEGRAM_TOKEN": "123456:secret"}, "TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
        (FASTGPT | {"SLACK_TOKEN": "xoxb-secret"}, "SLACK_TOKEN", "SLACK_BOT_TOKEN"),
        (FASTGPT | {"slack_token": "xoxb-secret"}, "SLACK_TOKEN", "SLACK_BOT_TOKEN"),
    ],
)
def test_a_name_that_is_nearly_a_setting_which_is_missing_is_told(
    place: Place, given: dict[str, str], wrong: str, right: str
) -> None:
    assert place.load(given).misnamed == {wrong: right}


def test_what_is_missing_is_said_with_what_may_have_been_meant_for_it(place: Place) -> None:
    refusal = refused_apps(
        place, TELEGRAM | {**FASTGPT, "FASTGPT_BASE_URL": ""}, dotenv="FASTGPT_BASEURL=https://x.test"
    )
    assert refusal.startswith("FASTGPT_BASE_URL must be set")
    assert refusal.endswith("FASTGPT_BASEURL is set, which is no setting: perhaps FASTGPT_BASE_URL is meant.")


def refused_apps(place: Place, given: dict[str, str], dotenv: str) -> str:
    with pytest.raises(ConfigError) as refused:
        place.load(given, dotenv=dotenv).apps()
    return str(refused.value)


@pytest.mark.parametrize("other", ["SLACK_WEBHOOK", "TELEGRAM", "BASE_URL", "PATH", "PORTS", "FASTGPT_APP"])
def test_what_is_like_no_missing_setting_is_nobodys_business(place: Place, other: str) -> None:
    assert place.load(FASTGPT, SLACK, TELEGRAM, {other: "x"}).misnamed == {}
