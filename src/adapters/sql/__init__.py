"""Storage in a relational database, by SQLAlchemy Core."""
