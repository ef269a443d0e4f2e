"""E-mail: builds messages and delivers them. It implements the core's `Mailer`."""
