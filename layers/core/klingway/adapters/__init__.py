"""The world outside: one module for each service, errors translated once."""
