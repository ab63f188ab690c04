"""Views of the support desk, inside the admin site and with our layout."""
