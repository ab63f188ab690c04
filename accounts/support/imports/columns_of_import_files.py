"""The columns of our own import files, for users and for tokens. Manufacturers' files are converted to them."""

from accounts.models import Import

COLUMNS = {
    Import.Kind.PEOPLE: ("username", "name", "email", "groups", "state"),
    Import.Kind.TOKENS: ("upn", "serial number", "secret key", "time interval", "manufacturer", "model"),
    Import.Kind.ASSIGN: ("serial number", "user"),
}
# Other names of our columns, such as those of files that earlier versions exported.
ALIASES = {"user name": "username", "mail": "email", "e-mail": "email", "email address": "email"}
# Optional columns of a token file. `refused` says why a token in a package cannot be used.
MORE_OF_TOKENS = ("type", "digits", "hash", "counter", "start time", "clock lead", "starts", "ends", "refused")
ALL_OF_TOKENS = (*COLUMNS[Import.Kind.TOKENS], *MORE_OF_TOKENS)
