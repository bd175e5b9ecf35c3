"""The serving files: batching parameters, a docker-compose file and a client."""
