"""Lead programs that name AWS's own hosts to the endpoint of the environment; they stay as they are."""

import os

import boto3.session

_client = boto3.session.Session.client


def client(self, service_name, *args, **kwargs):
    if service_name == "mturk":
        kwargs["endpoint_url"] = os.environ["AWS_ENDPOINT_URL_MTURK"]
    return _client(self, service_name, *args, **kwargs)


boto3.session.Session.client = client
