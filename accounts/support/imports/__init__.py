"""Imports of users and hardware tokens from files, as a dry run or for real, with an error for every bad row."""
