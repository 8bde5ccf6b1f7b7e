"""The parameters that AWS's services accept, according to the installed botocore.

`botocore_models` finds services, actions and shapes in botocore's models, `java_names` spells their
names as Step Functions does. `request_validation` compares a Task's parameters with a model, and
`result_validation` a mocked result. A newer botocore knows more. So these checks can refuse a new
release, but never change or refuse an existing one.
"""
