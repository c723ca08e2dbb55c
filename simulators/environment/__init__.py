"""Weather at the site."""
