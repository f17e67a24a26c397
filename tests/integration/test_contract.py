"""The seed's contract, through the real application."""

from base64 import b64encode

from falcon.testing import Result, TestClient

MIGUEL = {"username": "miguel", "password": "python"}


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{username}:{password}".encode()).decode()}


def register(api: TestClient, **fields: str) -> Result:
    return api.simulate_post("/api/users", json=MIGUEL | fields)


def token(api: TestClient) -> str:
    return str(api.simulate_get("/api/token", headers=basic("miguel", "python")).json["token"])


def test_a_registration_answers_201_with_the_name_and_an_absolute_location(api: TestClient) -> None:
    answer = register(api)

    assert answer.status_code == 201
    assert answer.json == {"username": "miguel"}
    assert answer.headers["Location"] == "http://falconframework.org/api/users/1"


def test_a_token_in_the_names_place_opens_the_protected_resource(api: TestClient) -> None:
    register(api)

    answer = api.simulate_get("/api/resource", headers=basic(token(api), "x"))

    assert answer.status_code == 200
    assert answer.json == {"data": "Hello, miguel!"}
