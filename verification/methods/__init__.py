"""The methods of verification, one folder each. A line in the settings installs one; nothing else names it."""
