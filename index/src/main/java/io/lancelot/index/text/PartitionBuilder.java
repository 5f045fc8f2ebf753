package io.lancelot.index.text;

import io.lancelot.base.ResourceExhaustedException;
import java.util.Arrays;

/// Collects documents in memory and turns them into posting lists. For one thread.
final class PartitionBuilder implements Analyzer.Sink {

  private final boolean positions;
  private String[] table = new String[1 << 12];
  private int[] tableIds = new int[1 << 12];
  private String[] terms = new String[1 << 10];
  private int termCount;

  /// Of each token: the document being written, how often it stands there, its last position there,
  /// and how many documents have it.
  private int[] current = new int[1 << 10];

  private int[] freq = new int[1 << 10];
  private int[] lastPosition = new int[1 << 10];
  private int[] lastDoc = new int[1 << 10];
  private int[] docCounts = new int[1 << 10];
  private GrowingBytes[] docStreams = new GrowingBytes[1 << 10];
  private GrowingBytes[] positionStreams = new GrowingBytes[1 << 10];

  private long[] rowIds = new long[1 << 10];
  private int[] lengths = new int[1 << 10];
  private int docCount;
  private long totalTokens;
  private int tokensOfDoc;
  private int positionBase;
  private int positionEnd;
  private long bytes;

  PartitionBuilder(boolean positions) {
    this.positions = positions;
  }

  int docCount() {
    return docCount;
  }

  int termCount() {
    return termCount;
  }

  long totalTokens() {
    return totalTokens;
  }

  String term(int id) {
    return terms[id];
  }

  int[] lengths() {
    return lengths;
  }

  long[] rowIds() {
    return rowIds;
  }

  boolean positions() {
    return positions;
  }

  /// About how much memory it takes.
  long bytes() {
    return bytes + 12L * docCount;
  }

  /// Adds text to the document in the making; positions run on from the text before.
  void addText(Analyzer analyzer, String text) {
    positionBase = positionEnd;
    analyzer.document(text, this);
  }

  @Override
  public void token(String text, int position) {
    part(text, position);
    tokensOfDoc++;
  }

  @Override
  public void part(String text, int position) {
    int at = positionBase + position;
    positionEnd = Math.max(positionEnd, at + 1);
    occurrence(termId(text), docCount, at);
  }

  /// Ends the document. One without tokens is none.
  void endDocument(long rowId) {
    // One that has parts of tokens only is as long as a token.
    int tokens = positionEnd > 0 ? Math.max(1, tokensOfDoc) : 0;
    tokensOfDoc = 0;
    positionBase = 0;
    positionEnd = 0;
    if (tokens > 0) {
      addDocument(rowId, tokens);
    }
  }

  /// Adds a document whose tokens are added apart, by [#occurrence].
  ///
  /// @return its number
  int addDocument(long rowId, int tokens) {
    if (docCount == rowIds.length) {
      if (docCount >= Integer.MAX_VALUE / 2 - 8) {
        throw new ResourceExhaustedException("text index: more than 2^30 documents in a partition");
      }
      rowIds = Arrays.copyOf(rowIds, 2 * docCount);
      lengths = Arrays.copyOf(lengths, 2 * docCount);
    }
    rowIds[docCount] = rowId;
    lengths[docCount] = tokens;
    totalTokens += tokens;
    return docCount++;
  }

  int termId(String text) {
    int mask = table.length - 1;
    int hash = text.hashCode();
    int slot = (hash ^ hash >>> 16) & mask;
    while (table[slot] != null) {
      if (table[slot].equals(text)) {
        return tableIds[slot];
      }
      slot = slot + 1 & mask;
    }
    int id = newTerm(text);
    table[slot] = text;
    tableIds[slot] = id;
    if (termCount * 2 > table.length) {
      grow();
    }
    return id;
  }

  private void grow() {
    table = new String[2 * table.length];
    tableIds = new int[table.length];
    int mask = table.length - 1;
    for (int id = 0; id < termCount; id++) {
      int hash = terms[id].hashCode();
      int slot = (hash ^ hash >>> 16) & mask;
      while (table[slot] != null) {
        slot = slot + 1 & mask;
      }
      table[slot] = terms[id];
      tableIds[slot] = id;
    }
  }

  private int newTerm(String text) {
    if (termCount == terms.length) {
      int more = 2 * termCount;
      terms = Arrays.copyOf(terms, more);
      current = Arrays.copyOf(current, more);
      freq = Arrays.copyOf(freq, more);
      lastPosition = Arrays.copyOf(lastPosition, more);
      lastDoc = Arrays.copyOf(lastDoc, more);
      docCounts = Arrays.copyOf(docCounts, more);
      docStreams = Arrays.copyOf(docStreams, more);
      positionStreams = Arrays.copyOf(positionStreams, more);
    }
    int id = termCount++;
    terms[id] = text;
    current[id] = -1;
    docStreams[id] = new GrowingBytes(8);
    positionStreams[id] = new GrowingBytes(positions ? 8 : 0);
    bytes += 160 + 2L * text.length();
    return id;
  }

  /// A token stands in a document; documents, and positions in each, come in ascending order.
  void occurrence(int id, int doc, int position) {
    if (current[id] != doc) {
      endDoc(id);
      current[id] = doc;
      lastPosition[id] = 0;
    }
    freq[id]++;
    if (positions) {
      GrowingBytes out = positionStreams[id];
      int before = out.length;
      out.writeVarint(position - lastPosition[id]);
      bytes += out.length - before;
      lastPosition[id] = position;
    }
  }

  private void endDoc(int id) {
    if (current[id] >= 0) {
      GrowingBytes out = docStreams[id];
      int before = out.length;
      out.writeVarint(current[id] - lastDoc[id]);
      out.writeVarint(freq[id]);
      bytes += out.length - before;
      lastDoc[id] = current[id];
      docCounts[id]++;
      freq[id] = 0;
      current[id] = -1;
    }
  }

  /// Adds the documents of another builder behind those that are here.
  void append(PartitionBuilder other) {
    int base = docCount;
    for (int i = 0; i < other.docCount; i++) {
      addDocument(other.rowIds[i], other.lengths[i]);
    }
    for (int theirs = 0; theirs < other.termCount; theirs++) {
      other.endDoc(theirs);
      int id = termId(other.terms[theirs]);
      endDoc(id);
      // Documents are told by their distances, so only the first is another one here.
      Posting.VarintReader in = new Posting.VarintReader(other.docStreams[theirs].bytes, 0);
      int first = base + in.next();
      GrowingBytes out = docStreams[id];
      int before = out.length;
      out.writeVarint(first - lastDoc[id]);
      out.write(other.docStreams[theirs], in.at());
      bytes += out.length - before;
      lastDoc[id] = base + other.lastDoc[theirs];
      docCounts[id] += other.docCounts[theirs];
      if (positions) {
        positionStreams[id].write(other.positionStreams[theirs], 0);
        bytes += other.positionStreams[theirs].length;
      }
    }
  }

  /// Writes the list of a token, which takes no more documents after that.
  PostingEncoder.Encoded encode(int id, PostingEncoder encoder, Buffers buffers) {
    endDoc(id);
    int count = docCounts[id];
    buffers.reserveDocs(count);
    Posting.VarintReader in = new Posting.VarintReader(docStreams[id].bytes, 0);
    int doc = 0;
    int total = 0;
    for (int i = 0; i < count; i++) {
      doc += in.next();
      buffers.docs[i] = doc;
      buffers.freqs[i] = in.next();
      total += buffers.freqs[i];
    }
    if (positions) {
      buffers.reserveDeltas(total);
      Posting.VarintReader deltas = new Posting.VarintReader(positionStreams[id].bytes, 0);
      for (int i = 0; i < total; i++) {
        buffers.deltas[i] = deltas.next();
      }
    }
    return encoder.encode(buffers.docs, buffers.freqs, count, buffers.deltas, positions);
  }

  /// Work areas of encoding.
  static final class Buffers {
    int[] docs = new int[1 << 10];
    int[] freqs = new int[1 << 10];
    int[] deltas = new int[1 << 10];

    void reserveDocs(int count) {
      if (docs.length < count) {
        docs = new int[count + count / 2];
        freqs = new int[docs.length];
      }
    }

    void reserveDeltas(int count) {
      if (deltas.length < count) {
        deltas = new int[count + count / 2];
      }
    }
  }
}
