#!/bin/sh
# Create the namespace, unless it is there; safe to run again.
# Search attributes are registered by Sojourn itself when it starts.
set -eu

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
