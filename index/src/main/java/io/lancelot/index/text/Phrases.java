package io.lancelot.index.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Finds documents in which tokens stand one after another. At one place of a phrase several tokens
/// may stand for each other. For one thread.
final class Phrases implements Docs {

  private static final class Place {
    private final int position;
    private Cursor[] cursors = {};
    private int[] found = new int[16];
    private int[] ends = {};
    private int count;

    Place(int position) {
      this.position = position;
    }

    int doc(int target) {
      int doc = END;
      for (Cursor cursor : cursors) {
        doc = Math.min(doc, cursor.advance(target));
      }
      return doc;
    }

    /// Room for where the words up to this one end.
    int[] ends(int size) {
      if (ends.length < size) {
        ends = new int[2 * size];
      }
      return ends;
    }

    long docCount() {
      return Arrays.stream(cursors).mapToLong(Cursor::docCount).sum();
    }
  }

  private final int slop;
  private final List<Place> places = new ArrayList<>();
  private Place[] inOrder = {};
  private Place[] byCount = {};
  private final Cursor.PositionBuffer buffer = new Cursor.PositionBuffer();
  private int doc = -1;
  private int checked = -1;
  private boolean matches;
  private float bound;
  private int boundEnd = -1;

  Phrases(int slop) {
    this.slop = slop;
  }

  private Place place(int group, int position) {
    while (places.size() <= group) {
      places.add(new Place(position));
    }
    return places.get(group);
  }

  void add(Cursor cursor, int group, int position) {
    Place place = place(group, position);
    place.cursors = Arrays.copyOf(place.cursors, place.cursors.length + 1);
    place.cursors[place.cursors.length - 1] = cursor;
  }

  void missing(int group, int position) {
    place(group, position);
  }

  /// Once all tokens are there.
  ///
  /// @return whether documents may have them
  boolean possible() {
    inOrder = places.toArray(Place[]::new);
    byCount = inOrder.clone();
    Arrays.sort(byCount, Comparator.comparingLong(Place::docCount));
    return !places.isEmpty() && places.stream().noneMatch(place -> place.cursors.length == 0);
  }

  @Override
  public int doc() {
    return doc;
  }

  @Override
  public long docCount() {
    return byCount[0].docCount();
  }

  @Override
  public int advance(int from) {
    int target = from;
    while (doc < from) {
      int at = byCount[0].doc(target);
      if (at == END) {
        doc = at;
        return at;
      }
      target = at;
      for (int i = 1; i < byCount.length && target == at; i++) {
        target = byCount[i].doc(at);
      }
      if (target == at) {
        doc = at;
        return at;
      }
      if (target == END) {
        doc = target;
        return target;
      }
    }
    return doc;
  }

  @Override
  public void look(int target) {
    bound = 0;
    boundEnd = END - 1;
    for (Place place : inOrder) {
      for (Cursor cursor : place.cursors) {
        cursor.look(target);
        bound += cursor.bound();
        boundEnd = Math.min(boundEnd, cursor.boundEnd());
      }
    }
  }

  @Override
  public float bound() {
    return bound;
  }

  @Override
  public int boundEnd() {
    return boundEnd;
  }

  @Override
  public float score() {
    float score = 0;
    for (Place place : inOrder) {
      for (Cursor cursor : place.cursors) {
        if (cursor.doc() == doc) {
          score += cursor.score();
        }
      }
    }
    return score;
  }

  @Override
  public boolean matches() {
    if (checked != doc) {
      checked = doc;
      matches = inTurn();
    }
    return matches;
  }

  /// Whether they stand one after another in the document.
  private boolean inTurn() {
    for (Place place : inOrder) {
      place.count = 0;
      for (Cursor cursor : place.cursors) {
        if (cursor.doc() == doc) {
          int count = cursor.positions(buffer);
          if (place.found.length < place.count + count) {
            place.found = Arrays.copyOf(place.found, 2 * (place.count + count));
          }
          System.arraycopy(buffer.values, 0, place.found, place.count, count);
          place.count += count;
        }
      }
      if (place.cursors.length > 1) {
        Arrays.sort(place.found, 0, place.count);
      }
    }
    // The places of the first word, then those where the words up to each one may end.
    int[] ends = inOrder[0].found;
    int endCount = inOrder[0].count;
    for (int i = 1; i < inOrder.length; i++) {
      Place place = inOrder[i];
      int gap = place.position - inOrder[i - 1].position;
      int[] next = place.ends(place.count);
      int count = 0;
      int e = 0;
      for (int p = 0; p < place.count; p++) {
        int position = place.found[p];
        // The first end from which this position is not too far.
        while (e < endCount && (long) ends[e] + gap + slop < position) {
          e++;
        }
        if (e < endCount && ends[e] + gap <= position) {
          next[count++] = position;
        }
      }
      if (count == 0) {
        return false;
      }
      ends = next;
      endCount = count;
    }
    return true;
  }
}
