"""What a called person hears, as a call control object. Source: developer.vonage.com/voice/voice-api/ncco-reference."""

import json
from typing import Any

from verification.delivery import senders_and_voices
from verification.delivery.provider_interface import Speech

from . import conf

_SILENCE = 6  # seconds without a key before the question is repeated
_MAX_KEYS = 8  # in one answer


def ask(words: str, *, keys_url: str, language: str) -> list[Any]:
    """Say something and wait for keys, twice, then hang up. The # key ends the input."""
    from vonage_voice.models import Dtmf, Input  # noqa: PLC0415  (with pydantic, 16 MiB that others are spared)

    keys = Dtmf(timeOut=_SILENCE, maxDigits=_MAX_KEYS, submitOnHash=True)
    once = [
        _talk(words, language, is_cut_by_keys=True),
        Input(type=["dtmf"], dtmf=keys, eventUrl=[keys_url], eventMethod="POST"),
    ]
    return once * 2


def answer(speech: Speech | None, *, keys_url: str, language: str) -> bytes:
    """Return what follows a key press: another question, a goodbye, or the end of the call. Shape: JSON."""
    if speech is None:
        return b"[]"
    actions = (
        ask(speech.words, keys_url=keys_url, language=language) if speech.more else [_talk(speech.words, language)]
    )
    return json.dumps([action.model_dump(by_alias=True, exclude_none=True) for action in actions]).encode()


def _talk(words: str, language: str, *, is_cut_by_keys: bool = False) -> Any:
    from vonage_voice.models import Talk  # noqa: PLC0415  (the same)

    style = senders_and_voices.voice(conf.read().voices, language)
    return Talk(
        text=words,
        language=senders_and_voices.locale(language),
        bargeIn=is_cut_by_keys or None,
        style=int(style) if style else None,
    )
