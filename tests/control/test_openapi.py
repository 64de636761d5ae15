from __future__ import annotations

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sandbox.contracts.operations import BREAKER_OPERATIONS
from sandbox.control.openapi import openapi_document
from sandbox.control.server import control_app


@pytest.fixture(scope="module")
def document():
    return openapi_document("http://127.0.0.1:8099")


def test_the_document_is_valid_openapi_3_1(document) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_the_document_lists_every_route_of_the_server_and_no_other(document, engine) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in control_app(engine, "t").router.routes()
        if route.method != "HEAD"
    }
    listed = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served == listed


def test_every_path_parameter_is_declared(document) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))


def test_operations_and_queries_are_spelled_out(document) -> None:
    operate = document["paths"]["/v1/breakers/{service}/{name}/{operation}"]["post"]
    assert operate["parameters"][2]["schema"]["enum"] == list(BREAKER_OPERATIONS)
    tail = document["paths"]["/v1/topics/{topic}/tail"]["get"]
    assert tail["parameters"][1]["name"] == "from"
    assert tail["parameters"][1]["schema"]["anyOf"][0]["enum"] == ["latest", "earliest"]


def test_members_carry_their_descriptions(document) -> None:
    members = document["components"]["schemas"]["FactPage"]["properties"]
    assert members["gap"]["description"].startswith("Facts right after")
    queries = document["paths"]["/v1/facts"]["get"]["parameters"]
    assert {each["name"]: each["description"] for each in queries}["wait_s"].startswith("How long to wait")
    (start,) = (
        each for each in document["paths"]["/v1/topics/{topic}/tail"]["get"]["parameters"] if each["in"] == "query"
    )
    assert start["description"].startswith("Where to begin: ")


async def test_the_server_names_itself_as_it_was_asked(http) -> None:
    found = await (await http.get("/openapi.json", headers={"Host": "sandbox.lan:8099"})).json()
    assert found["servers"] == [{"url": "http://sandbox.lan:8099"}]
