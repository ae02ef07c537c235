"""Each fixed prompt is read once and saved; a later start restores it, and a bad state is made anew."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from infra.local.model import warming
from infra.local.model.gate import Gate
from infra.local.model.upstream import Upstream
from infra.local.model.warming import BadWarmFile, Warming, WarmPrompt


class FakeEngine:
    """Answers like the engine's HTTP server and notes the calls; `refused` ones fail, `gone` says it has ended."""

    def __init__(self, folder: Path, *, refused: frozenset[str] = frozenset()) -> None:
        self.folder, self.refused, self.gone = folder, refused, False
        self.calls: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.gone:
            raise httpx.ConnectError("connection refused")
        if request.url.path == "/health":
            return httpx.Response(200)
        body = json.loads(request.content)
        action = request.url.params.get("action", request.url.path)
        self.calls.append(action)
        if action in self.refused:
            return httpx.Response(500, json={"error": {"type": "server_error"}})
        if action == "save":
            (self.folder / body["filename"]).write_bytes(b"state")
        return httpx.Response(200, json={})

    def dies(self, _: httpx.Request) -> httpx.Response:
        if self.gone:
            raise httpx.ConnectError("connection refused")
        self.gone = True
        raise httpx.ReadError("connection reset")


Answer = Callable[[httpx.Request], httpx.Response]


def prompts(*names: str) -> list[WarmPrompt]:
    messages = [{"role": "system", "content": "Be brief."}]
    return [WarmPrompt.model_validate({"name": name, "messages": messages}) for name in names]


def warming_of(folder: Path, *names: str) -> Warming:
    return Warming(prompts(*names), folder=folder, name_of=lambda prompt: f"{prompt.name}.kv")


def warmed(kept: Warming, answer: Answer) -> tuple[list[str], bool]:
    """What one engine's life does: the names of the prompts that were read, and whether warming came to its end."""
    started: list[str] = []

    async def run() -> bool:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://engine") as client:
            upstream = Upstream(client)
            await kept.restore(upstream)
            return await kept.warm(upstream, Gate(2), lambda prompt: started.append(prompt.name))

    whole = asyncio.run(run())
    return started, whole


def test_each_prompt_is_read_and_saved_in_turn(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)

    assert warmed(warming_of(tmp_path, "one", "two"), engine.answer) == (["one", "two"], True)
    assert engine.calls == ["/v1/chat/completions", "save"] * 2


def test_a_saved_prompt_is_restored_instead_of_read(tmp_path: Path) -> None:
    (tmp_path / "one.kv").write_bytes(b"state")
    engine = FakeEngine(tmp_path)

    assert warmed(warming_of(tmp_path, "one"), engine.answer) == ([], True)
    assert engine.calls == ["restore", "/completion"]


def test_a_state_that_can_not_be_restored_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "one.kv").write_bytes(b"broken")
    engine = FakeEngine(tmp_path, refused=frozenset({"restore"}))

    warmed(warming_of(tmp_path, "one"), engine.answer)

    assert engine.calls == ["restore", "/v1/chat/completions", "save"]
    assert (tmp_path / "one.kv").read_bytes() == b"state"


def test_a_prompt_that_can_not_be_warmed_is_passed_over(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path, refused=frozenset({"save"}))
    kept = warming_of(tmp_path, "one", "two")

    assert warmed(kept, engine.answer) == (["one", "two"], True)
    assert not kept.unread


def test_a_prompt_during_which_the_engine_ends_is_tried_twice_and_no_more(tmp_path: Path) -> None:
    kept = warming_of(tmp_path, "one", "two")

    assert warmed(kept, FakeEngine(tmp_path).dies) == (["one"], False)
    assert [prompt.name for prompt in kept.unread] == ["one", "two"]
    assert warmed(kept, FakeEngine(tmp_path).dies) == (["one"], False)
    assert warmed(kept, FakeEngine(tmp_path).answer) == (["two"], True)


def test_states_of_prompts_no_longer_used_are_removed(tmp_path: Path) -> None:
    for name in ("old.kv", "one.kv"):
        (tmp_path / name).write_bytes(b"state")

    warming_of(tmp_path, "one").remove_stale()

    assert [path.name for path in tmp_path.iterdir()] == ["one.kv"]


def test_a_state_belongs_to_one_wording_model_and_engine() -> None:
    one = prompts("one")[0]
    reworded = WarmPrompt.model_validate({"name": "one", "messages": [{"role": "system", "content": "Be long."}]})

    names = {
        warming.state_name(prompt, model_sha256=model, engine_version=engine)
        for prompt in (one, reworded)
        for model in ("a", "b")
        for engine in ("1", "2")
    }

    assert len(names) == 8


@pytest.mark.parametrize("content", ["{", '{"name": "x"}', '[{"name": "../x", "messages": []}]'])
def test_a_bad_warm_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "warm.json"
    path.write_text(content)

    with pytest.raises(BadWarmFile):
        warming.read(path)


def test_prompts_are_warmed_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "warm.json"
    path.write_text(json.dumps([prompt.model_dump(mode="json") for prompt in prompts("two", "one")]))

    assert [prompt.name for prompt in warming.read(path)] == ["two", "one"]
    assert warming.read(None) == []
