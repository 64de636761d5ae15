"""Avro as the registry needs it: schemas read and printed as Java Avro 1.12 does, and compared as its
`SchemaCompatibility` does.

The Python libraries read data well but judge schemas differently: `fastavro` resolves aliases only while decoding, has
no compatibility check and rewrites names; `avro` prints members in another order, forgets namespaces of nested names
and names no place in its errors. What this package says is compared with Java Avro itself in the tests.
"""
