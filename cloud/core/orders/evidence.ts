import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import { MAX_EVIDENCE } from '@minewarden/protocol/order.ts'
import type { ReadingKind } from '@minewarden/protocol/reading.ts'
import { type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import type { JournalRow } from '../ports.ts'

/**
 * The readings behind a finding, as they are frozen: those of one sensor and kind make one piece, one line of canonical
 * JSON a reading, so that anybody can hash it again. Bounded; what was left out is said in the piece's name.
 */
export interface EvidencePiece {
  readonly what: string
  readonly content: string
}

/** So far back from the finding. */
export const EVIDENCE_WINDOW_MS: Millis = 30 * 60_000
/** Readings that are looked at, and that one piece holds; of more the newest. */
export const MAX_EVIDENCE_ROWS = 10_000
const MAX_PIECE_ROWS = 1_000
/** Of all pieces together; waveforms are large. */
const MAX_EVIDENCE_CHARS = 8 * 1024 * 1024
/** One place is the finding's own, one that of versions and configuration. */
const MAX_PIECES = MAX_EVIDENCE - 2

/** What says most comes first: it stays when there is not room for all. */
const RANK: Readonly<Record<ReadingKind, number | null>> = {
  event: 0,
  airEvent: 1,
  power: 2,
  powerStep: 3,
  meter: 4,
  probe: 5,
  enclosure: 6,
  machineLine: 7,
  vibration: 8,
  air: 9,
  voltageEvent: 10,
  energyCheck: 11,
  powerSummary: 12,
  nightShare: 13,
  waveform: 14,
  sensor: 15,
  instrument: 16,
  gap: 17,
  // Personal data: not copied into what is kept for ever.
  picture: null,
  // Of the gateway, not of the mine.
  health: null,
}
export const EVIDENCE_KINDS: readonly ReadingKind[] = (Object.keys(RANK) as ReadingKind[])
  .filter((kind) => RANK[kind] !== null)
  .sort((a, b) => (RANK[a] ?? 0) - (RANK[b] ?? 0))

export const evidenceWindow = (findingAt: Instant) => ({ from: instant(findingAt - EVIDENCE_WINDOW_MS), to: findingAt })

/** The pieces of these rows, the same for the same rows. */
export function evidencePieces(rows: readonly JournalRow[]): EvidencePiece[] {
  const groups = new Map<string, JournalRow[]>()
  for (const row of rows) {
    if (RANK[row.reading.kind] === null) continue
    const key = [row.gateway, row.reading.sensor ?? '-', row.reading.kind].join(' ')
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const ranked = [...groups].sort(([a, [x]], [b, [y]]) => rankOf(x) - rankOf(y) || (a < b ? -1 : 1))
  const pieces: EvidencePiece[] = []
  let room = MAX_EVIDENCE_CHARS
  for (const [name, group] of ranked.slice(0, MAX_PIECES)) {
    const piece = pieceOf(name, group, room)
    if (!piece) continue
    pieces.push(piece)
    room -= piece.content.length
  }
  return pieces
}

const rankOf = (row: JournalRow | undefined): number => (row && RANK[row.reading.kind]) ?? 0

/** The newest readings that there is room for; `null` for none. */
function pieceOf(name: string, group: readonly JournalRow[], room: number): EvidencePiece | null {
  const inOrder = [...group].sort((a, b) => a.reading.measuredAt - b.reading.measuredAt || a.offset - b.offset)
  const lines: string[] = []
  let chars = 0
  for (const row of inOrder.toReversed()) {
    const line = `${evidenceLine(row)}\n`
    if (lines.length >= MAX_PIECE_ROWS || chars + line.length > room) break
    lines.push(line)
    chars += line.length
  }
  const [first, last] = [inOrder.at(-lines.length), inOrder.at(-1)]
  if (lines.length === 0 || !first || !last) return null
  const count = lines.length === group.length ? String(lines.length) : `newest ${lines.length} of ${group.length}`
  const span = `${isoTime(first.reading.measuredAt)}/${isoTime(last.reading.measuredAt)}`
  return { what: `${name}: ${count} readings ${span}`, content: lines.reverse().join('') }
}

/** A committed reading as one line; bytes are written in hexadecimal. */
function evidenceLine({ gateway, receivedAt, historical, reading }: JournalRow): string {
  const fields = Object.fromEntries(
    Object.entries(reading.fields).map(([name, value]) => [name, value instanceof Uint8Array ? hexOf(value) : value]),
  )
  return canonicalJson({ gateway, receivedAt, historical, reading: { ...reading, fields } })
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
