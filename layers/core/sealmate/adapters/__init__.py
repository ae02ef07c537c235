"""The real ports: DynamoDB, KMS, mail, WebSocket delivery, language models."""
