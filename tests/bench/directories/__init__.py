"""Measures how long a whole directory takes, by LDAP and by SCIM."""
