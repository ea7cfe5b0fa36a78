"""Large access logs: whole blocks of lines at once, in ranges that add up exactly."""
