"""How every command ends: with 0, with a failure told and 1, or with 130 when the person has left."""

import contextlib
from collections.abc import Iterator

import typer

from sealmate_cli import chatting
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.invocation import Invocation
from sealmate_cli.output import Output

LEFT = 130


@contextlib.contextmanager
def running(context: typer.Context) -> Iterator[Invocation]:
    run: Invocation = context.obj
    with failing_well(run.output):
        try:
            yield run
        except Tampered as error:
            error.kept_in(run.client.keep_evidence(error))
            raise


@contextlib.contextmanager
def failing_well(output: Output) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        output.fail(error)
        raise typer.Exit(1) from error
    except (chatting.Left, KeyboardInterrupt):
        output.status(None)
        raise typer.Exit(LEFT) from None
