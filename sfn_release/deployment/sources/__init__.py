"""Where the values of parameters come from, beside releases.toml.

source_reader     reads each source once, and gives the values their types
stack_outputs     outputs and exports of CloudFormation
state_files       fetches a Terraform state: from S3, over HTTPS, from a file
terraform_state   reads a state: outputs, attributes of resources
"""
