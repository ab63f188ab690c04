"""The default LDAP filters and attributes of OpenLDAP and Active Directory, for what forms leave empty. No imports."""

# Of each kind of directory.
FILTERS_AND_ATTRIBUTES = {
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
# Of every kind. A directory whose form leaves one empty doesn't read it.
MOBILE_ATTRIBUTE = "mobile"
OFFICE_ATTRIBUTE = "telephoneNumber"
LANGUAGE_ATTRIBUTE = "preferredLanguage"
