"""The usual filter and names of attributes of OpenLDAP and of Active Directory, for forms that are left empty."""

from collections.abc import Mapping

USUAL_FILTERS_AND_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "openldap": {
        "person_filter": "(&(objectClass=inetOrgPerson)(uid={username}))",
        "username_attribute": "uid",
        "name_attribute": "cn",
        "email_attribute": "mail",
    },
    "active_directory": {
        "person_filter": "(&(objectCategory=person)(objectClass=user)"
        "(|(sAMAccountName={username})(userPrincipalName={username})))",
        "username_attribute": "sAMAccountName",
        "name_attribute": "displayName",
        "email_attribute": "mail",
    },
}
