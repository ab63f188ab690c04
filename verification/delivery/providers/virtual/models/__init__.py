"""The virtual carrier's own tables. No table of the service refers to them, and they refer to none of its tables."""

from .behaviours import Acceptance, Behaviour
from .callbacks import PendingCallback
from .deliveries import Caption, Delivery, DeliveryState

__all__ = ["Acceptance", "Behaviour", "Caption", "Delivery", "DeliveryState", "PendingCallback"]
