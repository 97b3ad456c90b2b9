"""The contract as Python types, one module per family. Derived from openapi.yaml: do not edit."""
