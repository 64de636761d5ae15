from pathlib import Path

import pytest

from sandbox.config.settings import resolve_settings
from sandbox.errors import InvalidFile, UsageError


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text('ports = "20000"\ndialect = "page"\nprofile = "demo"\n', encoding="utf-8")
    environ = {"SANDBOX_PORTS": "21000", "SANDBOX_DIALECT": "bare"}
    settings = resolve_settings({"ports": "22000", "dialect": None}, file=file, environ=environ)
    assert (settings.ports, settings.dialect, settings.profile, settings.runtime) == ("22000", "bare", "demo", "auto")


def test_services_can_be_picked_left_out_and_replaced() -> None:
    settings = resolve_settings({"without": ["plato"], "replace": ["capsule=http://localhost:9999/"]}, environ={})
    assert settings.services() == ("schema-registry", "odyssey", "audit")
    assert settings.replace == {"capsule": "http://localhost:9999"}
    assert resolve_settings({"only": ["audit"]}, environ={}).services() == ("audit",)


def test_lists_in_the_environment_are_words() -> None:
    settings = resolve_settings({}, environ={"SANDBOX_ONLY": "capsule, plato", "SANDBOX_REPLACE": "plato=http://h:1"})
    assert settings.only == ("capsule", "plato") and settings.services() == ("capsule",)


def test_the_registrys_users_come_from_the_environment_or_a_table_and_stay_out_of_sight(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text('[registry-users]\nann = "a:secret"\nbob = "b"\n', encoding="utf-8")
    settings = resolve_settings({}, file=file, environ={})
    assert settings.registry_users == {"ann": "a:secret", "bob": "b"}
    assert "secret" not in repr(settings)
    environ = {"SANDBOX_REGISTRY_USERS": "eve:c"}
    assert resolve_settings({}, file=file, environ=environ).registry_users == {"eve": "c"}
    with pytest.raises(UsageError, match="not user:password") as caught:
        resolve_settings({}, environ={"SANDBOX_REGISTRY_USERS": "secret"})
    assert "secret" not in caught.value.render()


@pytest.mark.parametrize(
    ("flags", "where", "message"),
    [
        ({"ports": "80"}, "--ports", "between 1024 and 65500"),
        ({"ports": "some"}, "--ports", "auto, default"),
        ({"only": ["capsul"]}, "--only", "did you mean capsule"),
        ({"replace": ["capsule"]}, "--replace", "SERVICE=URL"),
        ({"replace": ["capsule=localhost:1"]}, "--replace", "http or https"),
        ({"rate_limits": "some"}, "--rate-limits", "per-service"),
        ({"replace": ["audit=http://x"]}, "--replace", "nobody calls audit"),
        ({"replace": ["capsul=http://x"]}, "--replace", "did you mean capsule"),
        ({"replace": ["capsule=http://:1"]}, "--replace", "such as http://localhost:9999"),
        ({"replace": ["capsule=http://x/api/v1/"]}, "--replace", "before /api/v1"),
        ({"replace": ["capsule=http://x", "capsule=http://y"]}, "--replace", "capsule is replaced twice"),
        ({"runtime": "podman"}, "--runtime", "embedded"),
        ({"dialect": "xml"}, "--dialect", "envelope"),
    ],
)
def test_a_wrong_flag_is_named(flags: dict[str, object], where: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        resolve_settings(flags, environ={})
    assert (caught.value.where, caught.value.exit_code) == (where, 2)


KEY, OTHER = f"butterfly_dev_{'k' * 32}", f"butterfly_ci_{'c' * 32}"


def test_api_keys_are_a_table_of_the_file_or_one_variable(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text(f'[api-keys]\n{KEY} = "read:capsules write:capsules"\n{OTHER} = ["*"]\n', encoding="utf-8")
    expected = {KEY: frozenset({"read:capsules", "write:capsules"}), OTHER: None}
    assert resolve_settings({}, file=file, environ={}).api_keys == expected
    environ = {"SANDBOX_API_KEYS": f"{KEY}=read:capsules"}
    settings = resolve_settings({}, file=file, environ=environ)
    assert settings.api_keys == {KEY: frozenset({"read:capsules"})}
    assert KEY not in repr(settings)
    assert resolve_settings({}, environ={}).api_keys == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('butterfly_dev_secret = "*"', "key 1 does not have the form"),
        (f'{KEY} = "*"\n{OTHER} = 5', "key 2 needs its scopes"),
        (f"{KEY} = []", "key 1 needs its scopes"),
        (f"{KEY} = ['a,b']", "key 1 needs its scopes"),
    ],
)
def test_a_wrong_api_key_is_named_by_its_place_and_not_told(tmp_path: Path, table: str, message: str) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text(f"[api-keys]\n{table}\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match=message) as raised:
        resolve_settings({}, file=file, environ={})
    assert raised.value.where == f"{file}: api_keys"
    assert "secret" not in raised.value.render() and "k" * 32 not in raised.value.render()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"without": ["capsule"], "replace": ["capsule=http://x"]}, "capsule is left out .* and in `replace` too"),
        ({"without": ["capsule"], "only": ["capsule"]}, "capsule is left out .* and in `only` too"),
        ({"without": ["schema-registry", "capsule", "odyssey", "plato", "audit"]}, "no service is left to run"),
    ],
)
def test_wishes_that_contradict_each_other_are_refused(flags: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        resolve_settings(flags, environ={})
    assert (caught.value.where, caught.value.exit_code) == ("--only / --without / --replace", 2)


def test_a_wrong_environment_variable_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        resolve_settings({}, environ={"SANDBOX_PORTS": "x"})
    assert caught.value.where == "SANDBOX_PORTS"


def test_an_unknown_key_in_the_file_names_the_nearest_one(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text('port = "auto"\n', encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        resolve_settings({}, file=file, environ={})
    assert caught.value.where == f"{file}: port" and caught.value.hint == "did you mean ports?"
    assert caught.value.message == "there is no such key"
    file.write_text("[keys]\n", encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        resolve_settings({}, file=file, environ={})
    assert "api-keys" in caught.value.hint and "_" not in caught.value.hint


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text("ports =", encoding="utf-8")
    with pytest.raises(InvalidFile, match="is not TOML"):
        resolve_settings({}, file=file, environ={})


def test_paths_in_the_file_count_from_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text('contracts = "ours"\n', encoding="utf-8")
    assert resolve_settings({}, file=file, environ={}).contracts == tmp_path / "ours"
    assert resolve_settings({"contracts": "theirs"}, file=file, environ={}).contracts == Path("theirs")
