"""The MTurk protocol, served: any boto3 `mturk` program works on a crowd server."""
