"""Settings: the organisation's own networks, and how many times larger their limits are."""

from verification.conf.sections import SENDING
from verification.declaring_settings import Setting, formats

own_networks: Setting[tuple[str, ...]] = Setting(
    SENDING,
    "OWN_NETWORKS",
    formats.networks,
    default=(),
    meaning="your organisation's networks, such as an office's public address: `192.0.2.7,10.0.0.0/8`. Their network "
    "limits are larger",
)
own_network_factor: Setting[int] = Setting(
    SENDING,
    "OWN_NETWORK_FACTOR",
    formats.whole_number(1, 10_000),
    default=20,
    meaning="how many times larger the network limits of your own networks are",
)
