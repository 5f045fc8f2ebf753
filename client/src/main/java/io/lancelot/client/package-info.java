/// Databases of a server, `db://`, behind the interfaces of the SDK.
///
/// A call travels: [io.lancelot.client.RemoteTable] → [io.lancelot.client.QueryJson] (what a query
/// asks for, as JSON) → [io.lancelot.client.Wire] (HTTP, repetitions, errors) → the server. Rows go
/// both ways as streams of Arrow IPC. [io.lancelot.client.JsonSchema] and
/// [io.lancelot.client.JsonTypes] are what both sides of the wire write and read; the server uses
/// them too.
@org.jspecify.annotations.NullMarked
package io.lancelot.client;
