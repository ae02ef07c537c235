"""What travels between this client and the server, as validated shapes: docs/protocol.md."""
