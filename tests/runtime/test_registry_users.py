from aiohttp.test_utils import TestClient, TestServer

from sandbox.config.serve import ServeConfig
from sandbox.runtime.service_parts import ServiceParts


async def test_the_registry_asks_for_a_password_and_the_services_have_it():
    parts = ServiceParts(ServeConfig(services=("schema-registry",), registry_users="ann:secret,bob:other"))
    service = parts.served["schema-registry"].service
    async with TestClient(TestServer(service.application())) as client:
        async with client.get("/config") as refused:
            assert refused.status == 401
        headers = parts._clients.registry._auth
        async with client.get("/config", headers=headers) as known:
            assert known.status != 401
    await parts.stop()


async def test_without_users_the_registry_asks_nobody():
    parts = ServiceParts(ServeConfig(services=("schema-registry",)))
    service = parts.served["schema-registry"].service
    async with TestClient(TestServer(service.application())) as client, client.get("/config") as answer:
        assert answer.status != 401
    await parts.stop()
