"""What AWS's services take, as the installed botocore has it: for checking what a Task sends.

`catalogue` finds services, actions and shapes in botocore's models, `java` says how Step Functions
spells their names, `judge` compares what a Task says with them. A newer botocore knows more, so
that nothing here may decide what a release is: it advises.
"""
