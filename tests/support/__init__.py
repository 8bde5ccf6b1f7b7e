"""What the tests share: projects, worlds, services, faults, and where files are."""
