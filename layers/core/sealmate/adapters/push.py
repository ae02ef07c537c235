"""Delivers events to open WebSockets: PostToConnection, signed with botocore's signer and sent by httpx.

boto3's own client takes twice the time for a frame (docs/decisions/0004), and frames are most of what a turn sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from sealmate import errors
from sealmate.events import Event

if TYPE_CHECKING:
    import httpx
    from botocore.credentials import Credentials

_TRIES = 2


class ApiGatewayPush:
    """`url`: the WebSocket API's stage over https, without a slash at its end."""

    def __init__(self, *, url: str, region: str, http: httpx.Client) -> None:
        import botocore.session

        self._url, self._region, self._http = url, region, http
        credentials = botocore.session.get_session().get_credentials()
        if credentials is None:
            raise RuntimeError(
                "no AWS credentials: a Lambda has its role's, elsewhere set AWS_ACCESS_KEY_ID and its secret"
            )
        self._credentials: Credentials = credentials

    def send(self, connection_id: str, event: Event) -> None:
        self._call("POST", connection_id, event.model_dump_json(exclude_none=True).encode())

    def close(self, connection_id: str) -> None:
        try:
            self._call("DELETE", connection_id, b"")
        except errors.ConnectionGone:
            return

    def _call(self, method: str, connection_id: str, body: bytes) -> None:
        import httpx

        url = f"{self._url}/@connections/{quote(connection_id, safe='')}"
        for _ in range(_TRIES):
            try:
                response = self._http.request(
                    method, url, content=body, headers=self._signed(method, url, body), timeout=5.0
                )
            except httpx.HTTPError:
                continue
            if response.status_code == 410:
                raise errors.ConnectionGone(connection_id=connection_id)
            if response.status_code < 300:
                return
            if response.status_code < 500 and response.status_code != 429:
                break
        raise errors.DeliveryFailed(connection_id=connection_id)

    def _signed(self, method: str, url: str, body: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method=method, url=url, data=body)
        SigV4Auth(self._credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())
