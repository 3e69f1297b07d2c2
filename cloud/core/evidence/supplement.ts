import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { EVIDENCE_WINDOW_MS, type EvidencePiece, evidencePieces } from '../orders/evidence.ts'
import type { JournalRow } from '../ports.ts'
import type { Stretch } from '../waveforms.ts'

/**
 * Waveforms come last: an event's own travels behind everything else, and often after the order was drafted. What comes
 * later of the time that the finding rests on is frozen as a supplement.
 */
/** An event's waveform reaches a little beyond the finding that it grounds. */
const AFTER_FINDING_MS: Millis = 5 * 60_000
/** Parts come one by one: so long after its coming a row is frozen with those that came with it. */
const SETTLE_MS: Millis = 15_000
/** After the draft; then the journal may begin to forget. */
export const SUPPLEMENT_FOR_MS: Millis = 12 * 3_600_000
/** A gateway sends an event's waveform by itself: only when it has not for so long it is asked. */
const ASK_AFTER_MS: Millis = 5 * 60_000
/** Around an event. */
const MARGIN_MS: Millis = 5_000
const MAX_ASKED_EVENTS = 8

export const supplementWindow = (findingAt: Instant) => ({
  from: instant(findingAt - EVIDENCE_WINDOW_MS),
  to: instant(findingAt + AFTER_FINDING_MS),
})

/** What tells one part of a waveform from another. */
export const partKey = (
  gateway: string,
  sensor: string | null,
  channel: string | null,
  fromMs: unknown,
  part: unknown,
) => [gateway, sensor, channel, fromMs, part].join(' ')

const keyOf = ({ gateway, reading }: JournalRow): string | null =>
  reading.kind === 'waveform' && reading.fields.data !== null
    ? partKey(gateway, reading.sensor, reading.channel, reading.fields.fromMs, reading.fields.part)
    : null

/** Pieces of the waveforms that are not among those frozen before. */
export function supplementOf(rows: readonly JournalRow[], frozen: ReadonlySet<string>, now: Instant): EvidencePiece[] {
  const fresh = rows.filter((row) => {
    const key = keyOf(row)
    return key !== null && !frozen.has(key) && row.receivedAt <= now - SETTLE_MS
  })
  return evidencePieces(fresh)
}

/** The stretches to ask gateways for: events of which no waveform has come, on each channel that their sensor has. */
export function unheardEvents(rows: readonly JournalRow[], now: Instant): Stretch[] {
  const channels = new Map<string, Set<string>>()
  const spans = new Map<string, { from: number; to: number }[]>()
  for (const { gateway, reading } of rows) {
    const sensor = `${gateway} ${reading.sensor}`
    if (reading.channel !== null) channels.set(sensor, (channels.get(sensor) ?? new Set()).add(reading.channel))
    if (reading.kind !== 'waveform') continue
    const { fromMs, toMs } = reading.fields
    if (fromMs !== null && toMs !== null) spans.set(sensor, [...(spans.get(sensor) ?? []), { from: fromMs, to: toMs }])
  }
  const unheard = rows.flatMap(({ gateway, receivedAt, reading }) => {
    if ((reading.kind !== 'event' && reading.kind !== 'airEvent') || reading.sensor === null) return []
    const { onsetMs, durationS } = reading.fields
    if (onsetMs === null || now - receivedAt < ASK_AFTER_MS) return []
    const sensor = `${gateway} ${reading.sensor}`
    if ((spans.get(sensor) ?? []).some(({ from, to }) => from <= onsetMs && onsetMs < to)) return []
    const [from, to] = [instant(onsetMs - MARGIN_MS), instant(onsetMs + (durationS ?? 0) * 1000 + MARGIN_MS)]
    const named = [...(channels.get(sensor) ?? [])].filter((channel) => /^[A-Z0-9]{3}$/.test(channel))
    return [named.map((channel): Stretch => ({ gateway, sensor: reading.sensor!, channel, from, to }))]
  })
  return unheard.slice(-MAX_ASKED_EVENTS).flat()
}
