"""SES: plain mails from one sender."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate import errors

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient


class Ses:
    """`sender` is an address of an identity that SES has verified."""

    def __init__(self, *, sender: str, region: str, client: SESClient | None = None) -> None:
        import boto3

        self._ses = client or boto3.client("ses", region_name=region)
        self._sender = sender

    def send(self, *, to: str, subject: str, text: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._ses.send_email(
                Source=self._sender,
                Destination={"ToAddresses": [to]},
                Message={
                    "Subject": {"Data": subject, "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                },
            )
        except ClientError as error:
            raise errors.MailNotSent(reason=error.response["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise errors.MailNotSent(reason=type(error).__name__) from None
