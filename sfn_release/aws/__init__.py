"""AWS as we use it: the only maker of clients, which are botocore's.

calling         one call: whatever goes wrong is one of our errors
pacing          below AWS's quotas
sessions        whose credentials, which region, which endpoints: clients
stepfunctions   the Step Functions client, on AWS and in this process
services        the services of one environment: Step Functions, and who else is asked
"""
