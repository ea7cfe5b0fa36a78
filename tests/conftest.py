"""What holds for all tests."""

from hypothesis import settings

# The machine may be busy: a test promises a result, never a time.
settings.register_profile("why503", deadline=None)
settings.load_profile("why503")
