"""Images and actions as rows of numbers, for the memory between the watchdog's process and its other side.

An image row: time, exchange, heartbeat, expiry of the release, then the fields of each asset. An answer row: the
sequence number of the image that is answered, then the fields of each action.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from controllers.watchdog.image import Action, AssetImage, Image

SITE_FIELDS = len(Image._fields) - 1
ASSET_FIELDS, ACTION_FIELDS = len(AssetImage._fields), len(Action._fields)


def image_count(assets: int) -> int:
    """Numbers of an image row."""
    return SITE_FIELDS + assets * ASSET_FIELDS


def answer_count(assets: int) -> int:
    """Numbers of an answer row."""
    return 1 + assets * ACTION_FIELDS


def image_row(image: Image) -> list[float]:
    """The image as numbers."""
    site = image.t_s, image.exchange_mw, image.heartbeat_count, image.release_expires_s
    return [*site, *chain.from_iterable(image.assets)]


def image_of(row: Sequence[float]) -> Image:
    """What :func:`image_row` gave."""
    t_s, exchange_mw, heartbeat_count, release_expires_s = row[:SITE_FIELDS]
    assets = tuple(AssetImage(*row[i:i + ASSET_FIELDS]) for i in range(SITE_FIELDS, len(row), ASSET_FIELDS))
    return Image(t_s, exchange_mw, heartbeat_count, release_expires_s, assets)


def answer_row(answered_seq: int, actions: Sequence[Action]) -> list[float]:
    """The answer as numbers."""
    return [float(answered_seq), *chain.from_iterable(actions)]


def answer_of(row: Sequence[float]) -> tuple[int, list[Action]]:
    """What :func:`answer_row` gave."""
    fields = [row[i:i + ACTION_FIELDS] for i in range(1, len(row), ACTION_FIELDS)]
    return int(row[0]), [Action(p_set, p_limit, interrupt, int(sign)) for p_set, p_limit, interrupt, sign in fields]
