"""AWS: the clients that we call, and the only room that makes them.

sessions            credentials, region and endpoints of an account; botocore's clients for it
stepfunctions       the Step Functions client, on AWS and in this process
direct_client       the same client without boto3, for commands on `local`: it starts at once
clients             the services of one environment: Step Functions, STS, SSM, Lambda, CloudWatch
api_calls           one call: its failures as our errors, its time in the debug log
rate_limits         keeps calls below AWS's quotas
clock_skew          how far this machine's clock is from AWS's
find_state_machine  finds a state machine by its name
console_links       links into the AWS console
regions             the partition of each region
"""
