"""What the collector of quality says of a worker beside the others."""

from types import SimpleNamespace

import pytest

from crowd.services.quality import Estimate, WorkerQuality
from crowd.services.rules import peers


def told(bits: float, answers: int) -> WorkerQuality:
    estimate = Estimate(bits, bits, bits)
    return WorkerQuality("somebody", answers, estimate, estimate, None, {})


@pytest.fixture
def ratios(monkeypatch):
    def ratios(*rows: WorkerQuality) -> list[float | None]:
        monkeypatch.setattr(peers.measures, "measured", lambda *_: dict(enumerate(rows)))
        found = peers.quality(SimpleNamespace(session=None, project=None))
        return [found[worker].facts["information_ratio"] for worker in range(len(rows))]

    return ratios


def test_information_is_held_against_what_an_answer_tells_on_the_average(ratios):
    assert ratios(told(0.8, 30), told(0.4, 10), told(0.1, 20)) == pytest.approx([1.6, 0.8, 0.2])


def test_where_nobody_tells_anything_nothing_is_compared(ratios):
    assert ratios(told(0.0, 5), told(0.0, 5)) == [None, None]
