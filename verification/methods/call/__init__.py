"""A phone call, approved by key or reading a code out."""
