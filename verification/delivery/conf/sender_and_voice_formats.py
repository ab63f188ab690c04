"""Formats of settings for senders and voices, which providers share."""

from collections.abc import Mapping

from verification.declaring_settings import formats

BY_COUNTRY = formats.pairs(example="CH=+41445550100,*=+15005550006")
VOICES = formats.pairs(example="de=Polly.Vicki,fr=Polly.Lea")


def numbers_of(senders: Mapping[str, str]) -> dict[str, str]:
    """Return the senders that can call too: a name such as "Example" or a short code has no telephone."""
    return {country: sender for country, sender in senders.items() if sender.startswith("+")}
