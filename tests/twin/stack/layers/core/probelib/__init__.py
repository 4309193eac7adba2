"""Stands for the package of the core layer."""

NAME = "core layer"
