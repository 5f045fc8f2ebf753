/// Object stores: where tables keep their bytes. One contract, [io.lancelot.storage.ObjectStore],
/// with a store on local disk and one in memory; cloud stores are leaf modules.
@NullMarked
package io.lancelot.storage;

import org.jspecify.annotations.NullMarked;
