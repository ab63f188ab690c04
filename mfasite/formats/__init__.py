"""How Django itself writes dates and numbers, by language."""
