"""Protobuf schemas: `.proto` text, or the base64 `FileDescriptorProto` that some clients send instead."""
