"""Accounts: sign-up, sign-in, sessions, second factors and tickets."""
