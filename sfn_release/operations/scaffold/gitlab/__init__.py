"""The pipeline files for GitLab CI that `sfn-release init --ci gitlab` writes."""
