"""One folder a method. Each is installed by one line in the settings; nothing else names it."""
