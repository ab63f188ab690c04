"""Brings files of people and hardware tokens in: read, rehearsed or applied row by row, every bad row named."""
