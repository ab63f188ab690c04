"""SCIM 2.0: directories such as Entra ID and Okta send their people and groups here. Source: RFC 7643, RFC 7644."""
