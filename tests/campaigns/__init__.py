"""Long fault campaigns; the test suite runs a sample of each."""
