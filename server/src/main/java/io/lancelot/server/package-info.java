/// The wire protocol of LanceDB Cloud and of the Lance Namespace over the SDK.
///
/// A request travels: [io.lancelot.server.LancelotServer] → [io.lancelot.server.Exchange] (what was
/// asked, what is answered) → [io.lancelot.server.Router] → the routes of its kind
/// ([io.lancelot.server.TableRoutes], [io.lancelot.server.NamespaceRoutes]) →
/// [io.lancelot.server.Databases] → the SDK. [io.lancelot.server.Failures] turns what goes wrong
/// into a status and a code.
@org.jspecify.annotations.NullMarked
package io.lancelot.server;
