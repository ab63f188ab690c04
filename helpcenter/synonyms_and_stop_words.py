"""Synonyms and stop words of the article search."""

_NOISE = """
a about am an and are as at be been but by can can't cannot could did do does doesn't don't for from get got had has
have how i i'm if in is isn't it it's its just keep keeps me my no not of on or please so still that the their them
then there they this to too use was we what when where which who why will with won't would you your
"""
NOISE = frozenset(_NOISE.split())

_GROUPS = """
text: sms message
phone: cell mobile telephone handset smartphone iphone android
sign: login logon signin log
app: authenticator
verification: authentication 2fa mfa
code: otp pin passcode
lost: stolen missing broken
support: helpdesk
mail: outlook thunderbird email imap
browser: device laptop computer
passkey: fingerprint faceid yubikey webauthn fido
remove: delete erase wipe
off: disable deactivate
"""

SAME = {
    word: meant.strip()
    for line in _GROUPS.strip().splitlines()
    for meant, _, words in [line.partition(":")]
    for word in words.split()
}
