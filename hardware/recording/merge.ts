import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { Measurement } from '../contract.ts'

/** When a measurement was complete: the time of its last sample. */
export function completedAt(measurement: Measurement): Instant {
  if (measurement.kind !== 'waveform') return measurement.at
  return instant(measurement.startAt + ((measurement.counts.length - 1) * 1000) / measurement.rateHz)
}

/** A stream of measurements in order of completion, and whose it is. */
export interface Source<K> {
  readonly key: K
  readonly measurements: Iterable<Measurement>
}

export interface Merged<K> {
  readonly key: K
  readonly measurement: Measurement
  readonly completedAt: Instant
}

interface Head<K> {
  readonly order: number
  readonly key: K
  readonly rest: Iterator<Measurement>
  measurement: Measurement
  completedAt: Instant
}

/**
 * Merges streams into one, by the time at which each measurement was complete; at the same time in the order of the
 * sources. Holds one measurement of each source. Leaving it early ends every source.
 */
export function* mergeByTime<K>(sources: Iterable<Source<K>>): Generator<Merged<K>> {
  const heap: Head<K>[] = []
  try {
    let order = 0
    for (const { key, measurements } of sources) {
      const rest = measurements[Symbol.iterator]()
      const first = rest.next()
      if (first.done) continue
      heap.push({ order: order++, key, rest, measurement: first.value, completedAt: completedAt(first.value) })
    }
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i)
    while (heap.length > 0) {
      const head = heap[0]!
      yield { key: head.key, measurement: head.measurement, completedAt: head.completedAt }
      advance(heap, head)
    }
  } finally {
    for (const { rest } of heap) rest.return?.()
  }
}

/** Draws the next measurement of the first stream and puts the stream where it belongs. */
function advance<K>(heap: Head<K>[], head: Head<K>): void {
  const next = head.rest.next()
  if (next.done) {
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
  } else {
    head.measurement = next.value
    head.completedAt = completedAt(next.value)
  }
  sink(heap, 0)
}

function sink<K>(heap: Head<K>[], from: number): void {
  const item = heap[from]!
  let at = from
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
    if (!isBefore(heap[child]!, item)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = item
}

const isBefore = <K>(a: Head<K>, b: Head<K>) =>
  a.completedAt < b.completedAt || (a.completedAt === b.completedAt && a.order < b.order)
