"""A fake server, devices that know no real one, and a person whose devices meet the real handlers."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from typer.testing import CliRunner, Result

from sealmate import wiring
from sealmate_cli.client import Client
from sealmate_cli.crypto import Random, system_random
from sealmate_cli.invocation import Surroundings
from sealmate_cli.line import Patience
from sealmate_cli.main import app
from tests.unit.accounts.world import World
from tests.unit.cli.fake_server import MAIL_CODE, ORIGIN, TOTP_CODE, FakeServer
from tests.unit.cli.household import Household
from tests.unit.cli.invoking import Invoke

EMAIL, PASSWORD = "lena@example.org", "a seal on the beach"
QUICK = Patience(waits=(0, 0, 0), silence=0.05, aftermath=0.05, aftermath_rounds=2, gap=0, gap_resumes=3)
settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")
MakeClient = Callable[[str], Client]


async def no_sleep(seconds: float) -> None:
    """Time does not pass here."""


def make_device(
    server: FakeServer,
    home: Path,
    origin: str | None = ORIGIN,
    random: Random = system_random,
    *,
    now: Callable[[], float] | None = None,
    patience: Patience = QUICK,
) -> Client:
    return Client(
        origin,
        home,
        transport=server.transport,
        dial=server.dial,
        now=now or (lambda: server.now),
        sleep=no_sleep,
        patience=patience,
        random=random,
    )


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def device(server: FakeServer, tmp_path: Path) -> Iterator[MakeClient]:
    """A device by name: its own home, the same server."""
    made: list[Client] = []

    def make(name: str) -> Client:
        made.append(make_device(server, tmp_path / name))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def signed_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeServer, bytes]:
    """A server and a profile file after one signup, made once: its Argon2id is slow on purpose."""
    server, home = FakeServer(), tmp_path_factory.mktemp("signed-up")
    client = make_device(server, home)
    client.signup(EMAIL, PASSWORD, read_code=lambda: MAIL_CODE, read_totp=lambda _secret, _uri: TOTP_CODE)
    client.close()
    return server, (home / "profile.json").read_bytes()


@pytest.fixture
def client(server: FakeServer, device: MakeClient, signed_up: tuple[FakeServer, bytes], tmp_path: Path) -> Client:
    """The device "first", signed up and in."""
    known, profile = signed_up
    server.accounts, server.tokens = copy.deepcopy(known.accounts), dict(known.tokens)
    home = tmp_path / "first"
    home.mkdir(mode=0o700)
    path = home / "profile.json"
    path.touch(mode=0o600)
    path.write_bytes(profile)
    return device("first")


@pytest.fixture
def laptop(lena: Household) -> Client:
    """Lena's, signed up and in."""
    return lena.sign_up(lena.device("laptop"))


@pytest.fixture
def lena(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Household]:
    """Whose devices meet the real handlers, with fakes only behind those."""
    monkeypatch.setenv("WALLETS_TABLE", "wallets")
    world = World()
    world.wire()
    made = Household(world, tmp_path)
    yield made
    made.close()
    wiring.override()


@pytest.fixture
def invoke(server: FakeServer, tmp_path: Path) -> Invoke:
    """`sealmate` on the device "first"."""

    def run(*arguments: str, typed: str | bytes = "", person: bool = False, random: Random = system_random) -> Result:
        surroundings = Surroundings(
            make_client=lambda origin, path: make_device(server, path, origin, random), interactive=person
        )
        words = ["--home", str(tmp_path / "first"), *arguments]
        return CliRunner().invoke(app, words, input=typed, obj=surroundings, catch_exceptions=False)

    return run
