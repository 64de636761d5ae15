import pytest
from pydantic import ValidationError

from sandbox.config.registry_users import read_users, user_info, users_in, written_users
from sandbox.config.serve import ServeConfig
from sandbox.errors import UsageError


def test_users_are_read_in_their_order_and_passwords_may_hold_colons():
    assert list(read_users("ann:a:b, bob:c").items()) == [("ann", "a:b"), ("bob", "c")]


@pytest.mark.parametrize("text", ["ann", "ann:", ":secret", "ann:x,"])
def test_an_entry_that_is_no_pair_is_refused_without_telling_it(text):
    with pytest.raises(ValueError, match="is not user:password"):
        read_users(text)
    with pytest.raises(ValidationError) as caught:
        ServeConfig(services=("capsule",), registry_users=text)
    assert "secret" not in str(caught.value)


def test_an_environment_without_the_variable_has_no_users():
    assert users_in({}) == {}
    with pytest.raises(UsageError):
        users_in({"SANDBOX_SERVE_REGISTRY_USERS": "nobody"})


def test_passwords_survive_the_environment_and_stay_out_of_the_repr():
    config = ServeConfig(services=("schema-registry",), registry_users="ann:secret")
    assert ServeConfig.from_environment(("schema-registry",), config.to_environment()) == config
    assert config.registry_passwords == {"ann": "secret"}
    assert "secret" not in repr(config)


def test_users_are_written_as_they_are_read_and_the_first_is_what_clients_are_told():
    users = {"ann": "a:b", "bob": "c"}
    assert read_users(written_users(users)) == users
    assert user_info(users) == "ann:a:b"
    assert (written_users({}), user_info({})) == ("", None)


@pytest.mark.parametrize("users", [{"a:b": "secret"}, {"": "secret"}, {"ann": ""}, {"ann": "sec,ret"}])
def test_users_that_cannot_be_written_are_refused_without_telling_them(users):
    with pytest.raises(ValueError, match="entry 1 needs") as caught:
        written_users(users)
    assert "sec" not in str(caught.value)
