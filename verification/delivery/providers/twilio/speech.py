"""What a person hears on a call, in Twilio's markup. Source: twilio.com/docs/voice/twiml."""

from twilio.twiml.voice_response import VoiceResponse

from verification.delivery.provider_interface import Speech

_SILENCE = 6  # seconds without a key before the question is repeated
_MAX_KEYS = 8  # in one answer


def ask(words: str, *, keys_url: str, language: str, voice: str) -> str:
    """Say something and wait for keys, twice, then hang up. The # key ends the input."""
    response = VoiceResponse()
    for _ in range(2):
        gather = response.gather(
            input="dtmf", action=keys_url, method="POST", finish_on_key="#", timeout=_SILENCE, num_digits=_MAX_KEYS
        )
        gather.say(words, **_how(language, voice))
    response.hangup()
    return str(response)


def answer(speech: Speech | None, *, keys_url: str, language: str, voice: str) -> str:
    """Answer after a key was pressed: ask again, or say goodbye."""
    if speech is not None and speech.more:
        return ask(speech.words, keys_url=keys_url, language=language, voice=voice)
    response = VoiceResponse()
    if speech is not None:
        response.pause(length=1)
        response.say(speech.words, **_how(language, voice))
    response.hangup()
    return str(response)


def _how(language: str, voice: str) -> dict[str, str]:
    return {"language": language, **({"voice": voice} if voice else {})}
