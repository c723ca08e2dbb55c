"""Who consumes: offices, hospital, data centre."""
