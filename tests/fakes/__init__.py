"""In-memory stand-ins for the ports, shared by all tests; contract suites hold them to what the real ones do."""
