"""A method of the tests' own, outside the product, as an organisation might bring one."""
