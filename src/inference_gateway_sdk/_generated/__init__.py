"""The contract as Python types, one module a family. Derived from openapi.yaml: do not edit."""
