"""The addresses that Vonage calls back, as tests expect them."""

ID = "0123456789abcdef0123456789abcdef"

URL = f"https://mfa.example.org/callbacks/vonage/receipt/{ID}/"

KEYS_URL = f"https://mfa.example.org/callbacks/vonage/keys/{ID}/"
