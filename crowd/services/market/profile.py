"""What the market does where the protocol says nothing: fields with defaults, and two ready sets."""

from __future__ import annotations

from dataclasses import replace

from crowd.settings import MarketProfile as Profile

__all__ = ["AWS", "PLAIN", "Profile"]

# A crowd server: nobody takes a fee.
PLAIN = Profile()
# As programs knew the service.
AWS = replace(PLAIN, takes_fees=True, reuses_ids=True, refuses_same_expiration=True)
