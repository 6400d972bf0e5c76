"""Where a result comes from: version, case, setting, and a hash over all of them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from karvan.case.config import read_config
from karvan.case.reading import digest_of
from karvan.case.setting import Setting
from karvan.workers.source import package_digest

if TYPE_CHECKING:
    from pathlib import Path

    from karvan.case.model import Case


class Meta(BaseModel):
    """The provenance that travels with every result.

    Attributes
    ----------
    karvan
        Version of the package.
    case
        Name of the case; None where the question needs none.
    setting
        The setting, with the scenario filled in; empty where there is no case.
    seed
        Seed of the draws; None where nothing is drawn.
    hash
        SHA-256 over the case's bytes, the setting, the request and the package's source.
    """

    model_config = ConfigDict(frozen=True)

    karvan: str
    case: str | None
    setting: dict[str, Any]
    seed: int | None
    hash: str


@cache
def karvan_version() -> str:
    """Return the version of the package."""
    try:
        return version("karvan")
    except PackageNotFoundError:
        return "0+unknown"


def meta_of(case: Case, setting: Setting, request: Any = None) -> Meta:  # noqa: ANN401 - anything JSON can hold
    """Return the provenance of a result.

    Parameters
    ----------
    case, setting
        What it was computed from.
    request
        The question asked, as JSON can hold it; it enters the hash alone.
    """
    shown = setting.model_dump(mode="json")
    shown["changes"] = [str(change) for change in setting.changes]
    if shown["scenario"] is None:
        shown["scenario"] = case.config.case.default_scenario
    return _meta(case.id, case.digest, shown, request)


def meta_of_folder(folder: Path, request: Any = None) -> Meta:  # noqa: ANN401 - anything JSON can hold
    """Return the provenance of what was found in a case folder, sound or not; a case that says no name has its folder's."""
    config, _ = read_config(folder)
    name = config.case.id if config else folder.resolve().name
    return _meta(name, digest_of(folder), Setting().model_dump(mode="json"), request)


def meta_without_case(content: bytes, request: Any = None, *, seed: int | None = None) -> Meta:  # noqa: ANN401 - as above
    """Return the provenance of an answer that needs no case.

    Parameters
    ----------
    content
        What the answer was computed from, such as the bytes of a file.
    request
        The question asked, as JSON can hold it; it enters the hash alone.
    seed
        Seed of the draws; None where nothing is drawn.
    """
    return _meta(None, hashlib.sha256(content).hexdigest(), {}, request, seed)


def _meta(
    case: str | None,
    digest: str,
    setting: dict[str, Any],
    request: Any,  # noqa: ANN401 - anything JSON can hold
    seed: int | None = None,
) -> Meta:
    content = json.dumps([digest, setting, request, package_digest()], sort_keys=True, ensure_ascii=False)
    whole = hashlib.sha256(content.encode()).hexdigest()
    return Meta(karvan=karvan_version(), case=case, setting=setting, seed=seed, hash=whole)
