"""The pages of the support desk, inside the admin's site and in the product's look."""
