"""The columns of accounts that are encrypted or digested with a key, so that keys can be rotated and retired."""

from verification.keys import key_uses

key_uses.declare(
    key_uses.SealedColumn(
        model="accounts.Import",
        column="sealed",
        purpose="parcel",
        bound=lambda row: str(row.ref),
        what="files of imports that are not done",
    ),
    key_uses.SealedColumn(
        model="accounts.Directory",
        column="sealed_password",
        purpose="parcel",
        bound=lambda row: str(row.ref),
        what="passwords of directories’ service accounts",
    ),
    key_uses.SealedColumn(
        model="accounts.SuggestedNumber",
        column="sealed",
        purpose="parcel",
        bound=lambda row: str(row.ref),
        what="phone numbers that directories suggest",
    ),
    key_uses.SealedColumn(
        model="accounts.ScimPerson",
        column="sealed",
        purpose="parcel",
        bound=lambda row: str(row.pk),
        what="people as directories sent them by SCIM",
    ),
    *(
        key_uses.Digested(
            model="accounts.ScimAccess", column=column, purpose="token.scim", what="tokens of SCIM directories"
        )
        for column in ("secret_digest", "former_digest")
    ),
    key_uses.SealedColumn(
        model="accounts.DirectorySyncBatch",
        column="sealed",
        purpose="parcel",
        bound=lambda row: str(row.ref),
        what="people a directory changed, until that is applied",
    ),
    key_uses.Digested(
        model="accounts.AppPassword", column="digest", purpose="token.app_password", what="app passwords"
    ),
    *(
        key_uses.Digested(
            model="accounts.OidcClient",
            column=column,
            purpose="token.oidc_client",
            what="secrets of OpenID Connect clients",
        )
        for column in ("secret_digest", "former_digest")
    ),
    key_uses.Digested(
        model="accounts.OidcSignIn", column="code_digest", purpose="token.oidc_code", what="codes of sign-ins"
    ),
    key_uses.Digested(model="accounts.Service", column="key_digest", purpose="token.service", what="keys of services"),
    key_uses.Digested(model="accounts.Proxy", column="secret_digest", purpose="token.proxy", what="secrets of proxies"),
    key_uses.Digested(model="accounts.Proxy", column="former_digest", purpose="token.proxy", what="secrets of proxies"),
)
