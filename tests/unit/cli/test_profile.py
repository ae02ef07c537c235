"""The profile file: only its owner's, whole or not at all, and honest about what it holds."""

import stat
from pathlib import Path

import pytest

from sealmate_cli.client import Client
from sealmate_cli.errors import ClientError
from sealmate_cli.profile import Profile, ProfileFile


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    ProfileFile(home).save(Profile(server="http://localhost:1"))
    assert mode(home / "profile.json") == 0o600
    assert mode(home) == 0o700


def test_rights_that_were_opened_are_closed_again(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "first" / "profile.json"
    path.chmod(0o644)
    client.whoami()
    assert mode(path) == 0o600


def test_no_half_written_file_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ProfileFile(tmp_path)
    file.save(Profile(server="http://localhost:1"))

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        file.save(Profile(server="http://localhost:2"))
    assert file.load().server == "http://localhost:1"
    assert [path.name for path in tmp_path.iterdir()] == ["profile.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"identity": {"master_key": "!"}}'])
def test_a_broken_file_is_said_so_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(content)
    with pytest.raises(ClientError) as raised:
        ProfileFile(tmp_path).load()
    assert raised.value.code == "profile_unreadable"
    assert path.read_bytes() == content


def test_a_home_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "home"
    path.write_text("I am a file")
    with pytest.raises(ClientError) as raised:
        ProfileFile(path).load()
    assert raised.value.code == "profile_unreadable"
