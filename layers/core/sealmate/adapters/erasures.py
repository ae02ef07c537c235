"""Starts the state machine that erases what is left of an account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class EraseAccountMachine:
    def __init__(self, *, state_machine: str, client: SFNClient | None = None) -> None:
        import boto3

        self._arn, self._client = state_machine, client or boto3.client("stepfunctions")

    def start(self, account_id: str) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=account_id, input=json.dumps({"account_id": account_id})
            )
        except ClientError as error:
            # One of this name is the one we wanted.
            return error.response["Error"]["Code"] == "ExecutionAlreadyExists"
        except BotoCoreError:
            return False
        return True
