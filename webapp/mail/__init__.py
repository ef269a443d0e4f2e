"""E-mail: build messages from templates and deliver them. Implements the core's mailer port."""
