"""The SQL database: models, queries, migrations."""
