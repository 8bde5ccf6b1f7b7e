"""What `doctor` examines, one subject a file. Nothing is changed, here or in AWS."""
