"""Views of OpenID Connect: for browsers of people, and for programs of applications."""
