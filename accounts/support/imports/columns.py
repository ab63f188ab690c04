"""The columns of our own files: of people, and of hardware tokens, which makers' files are turned into."""

from accounts.models import Import

COLUMNS = {
    Import.Kind.PEOPLE: ("user name", "name", "mail", "groups", "state"),
    Import.Kind.TOKENS: ("upn", "serial number", "secret key", "time interval", "manufacturer", "model"),
    Import.Kind.ASSIGN: ("serial number", "user"),
}
# What a file of tokens may say beside them. `refused` says why a token of a package cannot be used.
MORE_OF_TOKENS = ("type", "digits", "hash", "counter", "start time", "clock lead", "starts", "ends", "refused")
ALL_OF_TOKENS = (*COLUMNS[Import.Kind.TOKENS], *MORE_OF_TOKENS)
