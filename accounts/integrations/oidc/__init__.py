"""OpenID Connect provider: applications sign people in here, with the strength that each needs.

Authorization code with PKCE only. Source: OpenID Connect Core 1.0, OAuth 2.1 (draft), RFC 9700, RFC 9207.
"""
