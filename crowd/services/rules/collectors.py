"""Every collector by the name that rules know it by."""

from __future__ import annotations

from collections.abc import Mapping

from crowd.services.rules import conduct, peers, records
from crowd.services.rules.look import Collect

COLLECT: Mapping[str, Collect] = {
    "gold": records.gold,
    "spam": records.spam,
    "speed": conduct.speed,
    "repetition": conduct.repetition,
    "sequences": conduct.sequences,
    "volume": conduct.volume,
    "rings": peers.rings,
    "skips": records.skips,
    "today": records.today,
    "rejections": records.rejections,
    "quality": peers.quality,
    "items": records.items,
}
