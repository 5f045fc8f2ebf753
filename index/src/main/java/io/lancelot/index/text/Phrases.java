package io.lancelot.index.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Finds documents in which tokens stand one after another. At one place of a phrase several tokens
/// may stand for each other. For one thread.
final class Phrases {

  private static final class Place {
    private final int position;
    private final List<Cursor> cursors = new ArrayList<>();
    private int[] found = new int[16];
    private int count;

    Place(int position) {
      this.position = position;
    }

    int doc(int target) {
      int doc = Cursor.END;
      for (Cursor cursor : cursors) {
        doc = Math.min(doc, cursor.advance(target));
      }
      return doc;
    }

    long docCount() {
      return cursors.stream().mapToLong(Cursor::docCount).sum();
    }
  }

  private final int slop;
  private final List<Place> places = new ArrayList<>();
  private Place[] byCount = {};
  private final Cursor.PositionBuffer buffer = new Cursor.PositionBuffer();
  private int doc = -1;

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
    place(group, position).cursors.add(cursor);
  }

  void missing(int group, int position) {
    place(group, position);
  }

  boolean possible() {
    byCount = places.toArray(Place[]::new);
    Arrays.sort(byCount, Comparator.comparingLong(Place::docCount));
    return !places.isEmpty() && places.stream().noneMatch(place -> place.cursors.isEmpty());
  }

  float maxScore() {
    float sum = 0;
    for (Place place : places) {
      for (Cursor cursor : place.cursors) {
        sum += cursor.maxScore();
      }
    }
    return sum;
  }

  /// The next document that has all tokens; [Cursor#END] if there is none.
  int next(int from) {
    int target = from;
    while (true) {
      int at = byCount[0].doc(target);
      if (at == Cursor.END) {
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
      if (target == Cursor.END) {
        doc = target;
        return target;
      }
    }
  }

  float score() {
    float score = 0;
    for (Place place : places) {
      for (Cursor cursor : place.cursors) {
        if (cursor.doc() == doc) {
          score += cursor.score();
        }
      }
    }
    return score;
  }

  /// Whether they stand one after another in the document.
  boolean matches() {
    for (Place place : places) {
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
      if (place.cursors.size() > 1) {
        Arrays.sort(place.found, 0, place.count);
      }
    }
    int[] ends = Arrays.copyOf(places.getFirst().found, places.getFirst().count);
    int endCount = ends.length;
    for (int i = 1; i < places.size(); i++) {
      Place place = places.get(i);
      int gap = place.position - places.get(i - 1).position;
      int[] next = new int[place.count];
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
