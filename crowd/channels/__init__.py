"""Where work is published and answers come from; one file per channel."""

from crowd.channels.base import Channel, Delivery, Desk, Order, Page, Question, Submission, Unfilled
from crowd.channels.pool import Pool
from crowd.channels.replay import Recorded, Replay
from crowd.channels.simulated import Simulated

__all__ = [
    "Channel",
    "Delivery",
    "Desk",
    "Order",
    "Page",
    "Pool",
    "Question",
    "Recorded",
    "Replay",
    "Simulated",
    "Submission",
    "Unfilled",
]
