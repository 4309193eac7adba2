"""What runs on a developer's machine: the twin of the cloud, the provider simulators and the command line."""
