"""How long a notice is worth sending, unless its sender says otherwise. Later it isn't sent any more."""

from datetime import timedelta

NOTICE_LIFE = timedelta(days=2)
