"""The carrier's own tables. None of ours points into them, and they point at none of ours."""

from .behaviours import Acceptance, Behaviour
from .callbacks import PendingCallback
from .deliveries import Caption, Delivery, State

__all__ = ["Acceptance", "Behaviour", "Caption", "Delivery", "PendingCallback", "State"]
