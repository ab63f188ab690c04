"""Queries of people and groups by SCIM clients: filters, order and pages. Source: RFC 7644, 3.4.2."""
