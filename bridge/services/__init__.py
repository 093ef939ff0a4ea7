"""Use cases. They await only the ports."""
