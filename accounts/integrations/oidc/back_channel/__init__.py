"""Back-channel logout: clients are told that a session ended. Source: OpenID Connect Back-Channel Logout 1.0."""
