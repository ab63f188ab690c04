"""The carrier's own tables. None of ours points into them, and they point at none of ours."""

from .behaviours import Acceptance, Behaviour
from .callbacks import PendingCallback
from .deliveries import Caption, Delivery, State
from .handsets import Handset

__all__ = ["Acceptance", "Behaviour", "Caption", "Delivery", "Handset", "PendingCallback", "State"]
