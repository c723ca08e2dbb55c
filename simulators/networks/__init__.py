"""Networks that join the assets and the public grid."""
