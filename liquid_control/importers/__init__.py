"""Networks of others, read from their files into verified policies; one folder a source."""
