"""A provider of the tests' own, outside the tree, as an organisation might bring one. It carries nothing."""
