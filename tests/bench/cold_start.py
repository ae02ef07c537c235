"""What a function costs before its first line runs: CPU and memory of importing its handler, against ssl + http.client + AES-GCM."""

from __future__ import annotations

import statistics
import subprocess
import sys

from tests.template import ROOT, folders

_RUNS = 5
_MEASURE = """
import resource, sys, time
sys.path[:0] = [{core!r}]
before = time.process_time()
{work}
spent = (time.process_time() - before) * 1000
print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
_BASELINE = """
import http.client, ssl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
ssl.create_default_context()
"""
_HANDLER = """
import runpy
runpy.run_path({path!r})
"""
_NAMES = ["ACCOUNTS_TABLE", "CHATS_TABLE", "TURNS_TABLE", "WALLETS_TABLE", "CONNECTIONS_TABLE", "DATA_KEY", "MAC_KEY"]
_NAMES += ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ANSWER_TURN_ARN", "MAIL_SENDER"]
_ENVIRONMENT = dict.fromkeys(_NAMES, "bench") | {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "MODEL_SET": "mistral",
    "WEBSOCKET_URL": "https://x.invalid",
}
_FIRST_USE = {
    "turn_main_processing": "from sealmate import wiring; wiring.respond(); wiring.push(); wiring.connections()"
}


def main() -> None:
    """Prints a line a function: median CPU in milliseconds, memory in MB, and the ratio to the baseline."""
    floor, floor_memory = _median(_BASELINE)
    print(f"{'ssl + http.client + AES-GCM':<32} {floor:6.0f} ms {floor_memory:5.0f} MB   1.0")
    for name in folders():
        work = _HANDLER.format(path=str(ROOT / "functions" / name / "handler.py"))
        _line(name, work, floor)
        if name in _FIRST_USE:
            _line(f"{name} + its clients", f"{work}\n{_FIRST_USE[name]}", floor)


def _line(name: str, work: str, floor: float) -> None:
    spent, memory = _median(work)
    print(f"{name:<32} {spent:6.0f} ms {memory:5.0f} MB {spent / floor:5.1f}")


def _median(work: str) -> tuple[float, float]:
    code = _MEASURE.format(core=str(ROOT / "layers" / "core"), work=work)
    runs = []
    for _ in range(_RUNS):
        # With bytecode, as a layer has it.
        done = subprocess.run(
            [sys.executable, "-c", code], env=_ENVIRONMENT, capture_output=True, text=True, check=True
        )
        spent, memory = done.stdout.split()[-2:]
        runs.append((float(spent), float(memory)))
    return statistics.median(r[0] for r in runs), statistics.median(r[1] for r in runs)


if __name__ == "__main__":
    main()
