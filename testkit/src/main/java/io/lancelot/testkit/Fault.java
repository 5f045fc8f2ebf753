package io.lancelot.testkit;

/// How a call on a [FaultyStore] goes wrong.
public enum Fault {
  /// Nothing is done; a [io.lancelot.base.StorageException].
  REFUSE,
  /// The call is done, its answer lost: a [io.lancelot.base.StorageException].
  LOSE_ANSWER,
  /// Nothing is done; a [io.lancelot.base.CommitUnknownException].
  UNKNOWN_NOT_DONE,
  /// The call is done; a [io.lancelot.base.CommitUnknownException].
  UNKNOWN_DONE,
  /// The process dies before the call: this call and all later ones are refused until
  /// [FaultyStore#restart].
  STOP,
  /// The process dies just after the call was done, before anybody hears of it.
  STOP_AFTER
}
