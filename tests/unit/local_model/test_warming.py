"""Each fixed prompt is read once and saved; a later start restores it, and a bad state is made anew."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from infra.local.model import warming
from infra.local.model.gate import Gate
from infra.local.model.upstream import Upstream
from infra.local.model.warming import BadWarmFile, WarmPrompt


class FakeEngine:
    """Answers like the engine's HTTP server and notes the calls; `refused` states can't be restored."""

    def __init__(self, folder: Path, *, refused: bool = False) -> None:
        self.folder, self.refused = folder, refused
        self.calls: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        action = request.url.params.get("action", request.url.path)
        self.calls.append(action)
        if action == "save":
            (self.folder / body["filename"]).write_bytes(b"state")
        if action == "restore" and self.refused:
            return httpx.Response(400, json={"error": {"type": "invalid_request_error"}})
        return httpx.Response(200, json={})


def prompts(*names: str) -> list[WarmPrompt]:
    messages = [{"role": "system", "content": "Be brief."}]
    return [WarmPrompt.model_validate({"name": name, "messages": messages}) for name in names]


def warmed(engine: FakeEngine, chosen: list[WarmPrompt]) -> list[int]:
    started: list[int] = []

    async def run() -> None:
        transport = httpx.MockTransport(engine.answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
            await warming.warm(
                chosen,
                folder=engine.folder,
                name_of=lambda prompt: f"{prompt.name}.kv",
                upstream=Upstream(client),
                gate=Gate(2),
                started=started.append,
            )

    asyncio.run(run())
    return started


def test_each_prompt_is_read_and_saved_in_turn(tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path)

    assert warmed(engine, prompts("one", "two")) == [1, 2]
    assert engine.calls == ["/v1/chat/completions", "save"] * 2


def test_a_saved_prompt_is_restored_instead_of_read(tmp_path: Path) -> None:
    (tmp_path / "one.kv").write_bytes(b"state")
    engine = FakeEngine(tmp_path)

    warmed(engine, prompts("one"))

    assert engine.calls == ["restore", "/completion"]


def test_a_state_that_can_not_be_restored_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "one.kv").write_bytes(b"broken")
    engine = FakeEngine(tmp_path, refused=True)

    warmed(engine, prompts("one"))

    assert engine.calls == ["restore", "/v1/chat/completions", "save"]
    assert (tmp_path / "one.kv").read_bytes() == b"state"


def test_states_of_prompts_no_longer_used_are_removed(tmp_path: Path) -> None:
    (tmp_path / "old.kv").write_bytes(b"state")

    warmed(FakeEngine(tmp_path), prompts("one"))

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


def test_the_moderation_prompt_is_warmed_last(tmp_path: Path) -> None:
    path = tmp_path / "warm.json"
    path.write_text(json.dumps([{"name": "one", "messages": [{"role": "system", "content": "x"}]}]))

    assert [prompt.name for prompt in warming.read(path)] == ["one", "moderation"]
    assert [prompt.name for prompt in warming.read(None)] == ["moderation"]
