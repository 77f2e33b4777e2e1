"""The register of cooperations: who works with whom already, on what, since and until when.

Proposals name a cooperation, ties between organisations are computed from all of them. Those of the report of 2025
come with the fund; the first import brings them into its facts, and from then on the facts are the register.
"""
