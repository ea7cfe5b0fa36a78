"""What is no room's business: translation, durations and times, the masking of secrets."""
