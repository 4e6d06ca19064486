"""What requests and answers look like, for the OpenAPI document.

The views work with plain dicts; these serializers only describe them. A test
holds them against the fields that are really read.
"""
