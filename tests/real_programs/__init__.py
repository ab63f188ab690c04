"""Real programs that tests start: LDAP servers, browsers, a proxy, and free ports for them."""
