"""What a sandbox is asked for is what its market does."""

from __future__ import annotations

from crowd.sandbox.world import Plan


def test_money_is_held_from_the_start_unless_the_sandbox_charges_approvals():
    kept, charged = Plan("k", "s"), Plan("k", "s", holds_money=False)
    assert kept.settings.market.holds_money
    assert not charged.settings.market.holds_money
    assert charged.settings.market.is_play
