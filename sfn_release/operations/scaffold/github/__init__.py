"""The pipeline files for GitHub Actions that `sfn-release init --ci github` writes."""
