"""Files that belong to the package but stand at the top of the checkout.

A wheel carries them under `policy_engine/_data/`; a checkout (and so an editable install) has
them two folders up. The working directory is never consulted.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

_CHECKOUT = {"grammar": "grammar", "policies": "policies", "codes": "docs/codes"}


def read_data(path: str) -> str:
    """The text of a file such as `grammar/policy.lark`. Raises `FileNotFoundError`."""
    return data_file(path).read_text(encoding="utf-8")


def data_file(path: str) -> Traversable:
    """A file or folder that ships with the package."""
    folder, _, rest = path.partition("/")
    checkout = Path(__file__).resolve().parents[2] / _CHECKOUT[folder]
    installed = resources.files("policy_engine").joinpath("_data", folder)
    root: Traversable = installed if installed.is_dir() else checkout
    return root.joinpath(rest) if rest else root
