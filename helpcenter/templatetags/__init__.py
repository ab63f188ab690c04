"""Template tags with which other apps link to the help centre."""
