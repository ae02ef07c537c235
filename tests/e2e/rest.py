"""The REST API as one device calls it, for what the terminal client doesn't do."""

from typing import Any, Self

import httpx

from sealmate_cli.client import Client


class Rest:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._http = httpx.Client(base_url=f"{client.server}/api", trust_env=False, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        token = self._client.identity().session.token
        return self._http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})

    def code(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = self(method, path, body)
        return answer.status_code, answer.json()["code"]

    def listed(self, chat: str) -> dict[str, Any]:
        return next(each for each in self("GET", "/chats").json()["chats"] if each["chat_id"] == chat)
