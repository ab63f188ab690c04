"""What providers send to us: callback bodies, delivery receipts, and replies such as STOP."""
