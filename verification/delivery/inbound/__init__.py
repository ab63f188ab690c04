"""What providers send us: bodies of callbacks, delivery receipts, replies such as STOP."""
