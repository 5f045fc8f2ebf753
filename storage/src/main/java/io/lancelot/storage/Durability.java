package io.lancelot.storage;

/// How far a store goes before it acknowledges a write.
public enum Durability {
  /// An acknowledged object survives a power cut: its bytes and its name are forced to the disk.
  SYNC,
  /// An acknowledged object survives the end of the process, but a power cut may take it or cut it
  /// short. For scratch data and for tests.
  NONE
}
