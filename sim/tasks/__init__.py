"""What to fly and when it is done."""
