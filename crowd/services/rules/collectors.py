"""Every collector by the name that rules know it by."""

from __future__ import annotations

from collections.abc import Mapping

from crowd.services.rules import conduct, records, together
from crowd.services.rules.look import Collect

COLLECT: Mapping[str, Collect] = {
    "gold": records.gold,
    "spam": records.spam,
    "speed": conduct.speed,
    "repetition": conduct.repetition,
    "sequences": conduct.sequences,
    "volume": conduct.volume,
    "rings": together.rings,
    "skips": records.skips,
    "today": records.today,
    "rejections": records.rejections,
    "quality": together.quality,
    "items": records.items,
}
