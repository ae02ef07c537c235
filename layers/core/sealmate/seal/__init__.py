"""The sealing: envelopes, HPKE to a chat's answer key, and what the server keeps under KMS."""
