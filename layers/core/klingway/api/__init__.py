"""The HTTP surface: routes, authentication, problem answers."""
