"""Starts the state machine that answers a turn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sealmate import errors

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StepFunctions:
    def __init__(self, *, state_machine: str, client: SFNClient | None = None) -> None:
        import boto3

        self._arn, self._client = state_machine, client or boto3.client("stepfunctions")

    def start(self, *, turn_id: str, payload: Mapping[str, object]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.start_execution(stateMachineArn=self._arn, name=turn_id, input=json.dumps(payload))
        except ClientError as error:
            # A running execution of the same name and input is the one we wanted.
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise errors.TurnNotStarted(turn_id=turn_id) from None
        except BotoCoreError:
            raise errors.TurnNotStarted(turn_id=turn_id) from None
