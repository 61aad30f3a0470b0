"""What the oracle scripts share: where goldens go, and settings that make torch repeatable."""

import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

REPOSITORY = Path(__file__).resolve().parents[2]


def golden(module: str, *path: str) -> Path:
    """The golden folder of a Maven module, made if missing."""
    folder = REPOSITORY / module / "src/test/resources/golden" / Path(*path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def repeatable(seed: int) -> None:
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)


def write_json(path: Path, value, indent: int | None = 1) -> None:
    """Infinity and NaN are not JSON; a script that has them must say how it writes them."""
    path.write_text(json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def versions(*packages: str) -> dict[str, str]:
    from importlib.metadata import version

    return {package: version(package) for package in packages}
