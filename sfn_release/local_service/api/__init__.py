"""The API: its operations, one file per kind of resource, and the shapes of their requests.

*_api                  the operations
api_model, api_shapes  check requests against AWS's own service model
supported_members      the members of requests that are honoured; all others are refused by name
definition_validation  refuses the definitions that AWS refuses, in AWS's words (`diagnostics`)
start_targets          resolves the ARN of a start to a revision
api_errors             AWS's errors; `json_errors` words the faults of JSON texts
api_answers, pagination, arns, resource_tags, encryption
                       the parts that several operations share
"""
