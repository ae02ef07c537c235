"""How many examples a property test tries: as it says itself, or thousands in `make prove`."""

from hypothesis import settings

settings.register_profile("prove", max_examples=2000, deadline=None)
